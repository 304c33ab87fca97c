import numpy as np
import pytest
from models import random_mdp
from numpy.testing import assert_allclose

from rl_lib import (
    ResponseTask,
    boltzmann_expert,
    lapsing,
    rat,
    soft_expert,
    soft_value_iteration,
    value_iteration,
)
from rl_lib.behaviour.agents import RATS


@pytest.mark.parametrize("expert", [boltzmann_expert, soft_expert])
def test_a_cold_expert_is_greedy_and_a_hot_one_guesses(expert):
    mdp = random_mdp(0, 6, 3, 0.9, ending=False)
    scale = np.ptp(mdp.rewards)
    assert_allclose(expert(mdp, 1e-4 * scale).policy, value_iteration(mdp).policy, atol=1e-6)
    assert_allclose(expert(mdp, 1e4 * scale).policy, 1 / 3, atol=1e-3)


def test_experts_keep_the_log_odds_of_their_values():
    mdp = random_mdp(1, 6, 3, 0.9)
    scale = np.ptp(mdp.rewards)
    for expert, q in (
        (boltzmann_expert, value_iteration(mdp, tol=1e-10).q),
        (soft_expert, soft_value_iteration(mdp, temperature=scale, tol=1e-10).q),
    ):
        log_odds = np.log(expert(mdp, scale).policy) * scale
        differences = log_odds - q
        assert_allclose(differences, differences[:, :1] + np.zeros((1, 3)), atol=1e-6 * scale)


def test_a_lapsing_agent_mixes():
    agent = rat("steady")
    assert_allclose(lapsing(agent, 1.0).policy, 0.5)
    assert_allclose(lapsing(agent, 0.0).policy, agent.policy)
    with pytest.raises(ValueError, match=r"rate is 1\.5"):
        lapsing(agent, 1.5)


def test_rats_wait_for_their_treat_to_a_degree():
    task = ResponseTask()
    share = {}
    for name in RATS:
        agent = rat(name)
        walks = agent.demonstrate(4_000, rng=np.random.default_rng(0))
        released = walks.states[walks.actions == 1]
        share[name] = task.rewarded[released].mean()
    assert share["steady"] > 0.95
    assert 0.3 < share["noisy"] < 0.9
    assert 0.3 < share["impatient"] < 0.9
    with pytest.raises(ValueError, match="name is 'lazy'; it must be one of steady, noisy"):
        rat("lazy")
