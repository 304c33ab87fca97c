import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import (
    Laboratory,
    ResponseTask,
    anchored_reward,
    boltzmann_expert,
    intrinsic_reward,
    laboratory_rat,
    lapsing,
    release_contrast,
    release_distribution,
    release_reward,
    soft_expert,
)
from rl_lib.neurl.rats import LABORATORY_RATS

TASK = ResponseTask()
SEEDS = 20


def own(temperature, expert=boltzmann_expert, holding=0.0, **features):
    """A rat with an intrinsic reward of its own, and its temperature."""
    reward = intrinsic_reward(TASK, **features)
    reward[:, 0] = holding
    return expert(TASK.mdp.with_rewards(reward), temperature), temperature


HONEST = {
    "minds a premature release": own(0.2, penalty=0.2),
    "urged": own(0.2, urgency=0.06),
    "feels the cue slowly": own(0.2, grading=3),
    "careful": (laboratory_rat("careful"), 0.22),
    "eager": (laboratory_rat("eager"), 0.18),
}


def releases(agent, n, rng):
    f = release_distribution(agent.policy)
    bins = rng.choice(len(f), n, p=f / f.sum())
    return np.where(bins == len(f) - 1, -1, bins)


def exact_contrast(agent, temperature):
    """Recovered from the exact policy, as a share of the true one."""
    found = anchored_reward(agent.mdp, agent.policy, 0).reward[:, 1] * temperature
    true = agent.mdp.rewards[:, 1]
    return release_contrast(found, TASK.rewarded) / release_contrast(true, TASK.rewarded)


def trials(agent, temperature, n=1_000):
    """RMSE, that of log-odds alone, contrast and coverage, a row for each seed."""
    rows, true = [], agent.mdp.rewards[:, 1]
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        bins = releases(agent, n, rng)
        found = release_reward(bins, 30, temperature=temperature, n_draws=300, rng=rng)
        told, centred = found.told, true - true[found.told].mean()
        inside = (found.low <= centred) & (centred <= found.high)
        contrast = release_contrast(np.where(told, true, np.nan), TASK.rewarded)
        rows.append(
            (
                (found.reward[:, 1] - true)[told].std(),
                (found.log_odds - true)[told].std(),
                found.contrast(TASK.rewarded) / contrast,
                inside[told].mean(),
            )
        )
    return np.transpose(rows)


@pytest.mark.parametrize("name", HONEST)
def test_the_exact_policy_gives_the_reward_back(name):
    agent, temperature = HONEST[name]
    found = anchored_reward(agent.mdp, agent.policy, 0).reward * temperature
    assert_allclose(found, agent.mdp.rewards, atol=1e-10)


@pytest.mark.parametrize("name", HONEST)
def test_a_thousand_trials_give_it_back_nearly(name):
    error, error_of_log_odds, contrast, coverage = trials(*HONEST[name])
    assert error.mean() <= 0.15
    assert error.mean() < 0.75 * error_of_log_odds.mean()
    assert contrast.mean() == pytest.approx(1, abs=0.1)
    assert 0.85 <= coverage.mean() <= 0.99


@pytest.mark.parametrize("rat", LABORATORY_RATS)
def test_sessions_of_the_laboratory_give_it_back(rat):
    """Latents that the task does not show leave the behaviour over trials as it is."""
    agent, temperature = HONEST[rat]
    shares = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        session = Laboratory(agent.policy, units=(1,) * 6).record(1_000, rng=rng)
        found = release_reward(
            session.recording.release, 30, temperature=temperature, n_draws=1, rng=rng
        )
        true = release_contrast(agent.mdp.rewards[:, 1], TASK.rewarded)
        shares.append(found.contrast(TASK.rewarded) / true)
    assert np.mean(shares) == pytest.approx(1, abs=0.1)


def test_more_trials_come_closer():
    few, many = (trials(*HONEST["careful"], n)[0].mean() for n in (500, 8_000))
    assert many < 0.5 * few


def test_a_rat_that_pays_for_holding_breaks_the_anchor():
    """What holding costs is moved into the releases, and no number of trials helps."""
    shares = [exact_contrast(*own(0.2, holding=-c, penalty=0.1)) for c in (0, 0.01, 0.028)]
    assert shares[0] == pytest.approx(1)
    assert 0.8 < shares[1] < 0.95
    assert 0.6 < shares[2] < 0.75
    agent, temperature = own(0.2, holding=-0.028, penalty=0.1)
    assert trials(agent, temperature)[2].mean() == pytest.approx(shares[2], abs=0.05)


def test_a_rat_that_counts_entropy_is_misread():
    agent, temperature = own(0.2, soft_expert, penalty=0.2, grading=2)
    assert abs(exact_contrast(agent, temperature) - 1) > 0.1
    assert exact_contrast(*own(0.02, soft_expert, penalty=0.2, grading=2)) == pytest.approx(
        1, abs=0.02
    )


def test_lapses_look_like_a_wish_to_let_go():
    agent, temperature = HONEST["careful"]
    share = exact_contrast(lapsing(agent, 0.05), temperature)
    assert 0.55 < share < 0.7
    assert trials(lapsing(agent, 0.05), temperature)[2].mean() == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("discount", [1.0, 0.95])
def test_the_pass_backward_is_the_anchored_gauge(discount, rng):
    """Bins behind the last one that is told get even odds there, and so a value of 0."""
    bins = releases(laboratory_rat("eager"), 500, rng)
    found = release_reward(bins, 30, discount=discount, rng=rng)
    policy = np.where(found.told[:, None], found.policy, 0.5)
    world = ResponseTask(discount=discount).mdp
    expected = anchored_reward(world, policy, 0).reward
    assert_allclose(found.reward[found.told], expected[found.told], atol=1e-12)


def test_counts_and_temperature_by_hand(rng):
    found = release_reward([0, 1, 1, -1], 3, smoothing=1.0, min_visits=3, temperature=0.5, rng=rng)
    assert_array_equal(found.visits, [4, 3, 1])
    assert_array_equal(found.releases, [1, 2, 0])
    assert_array_equal(found.told, [True, True, False])
    assert_allclose(found.policy, [[4 / 6, 2 / 6], [2 / 5, 3 / 5], [2 / 3, 1 / 3]])
    later = 0.5 * np.log(3 / 2)
    assert_allclose(found.reward[:2], [[0, 0.5 * np.log(0.5) + later], [0, later]])
    assert_allclose(found.relative[:2], np.array([-1, 1]) * -0.25 * np.log(0.5))
    assert np.isnan([found.reward[2, 1], found.low[2], found.high[2]]).all()
    assert (found.low[:2] < found.relative[:2]).all()
    assert (found.relative[:2] < found.high[:2]).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (dict(releases=[3]), r"releases\[0\] is 3; it must be in \{0, …, 2\}, or −1"),
        (dict(releases=[-2]), r"releases\[0\] is -2"),
        (dict(releases=[1] * 19), "releases has 19 trials; it must have at least 20"),
        (dict(releases=[]), "releases has 0 trials"),
        (dict(smoothing=0), "smoothing is 0"),
        (dict(discount=1.1), "discount is 1.1"),
        (dict(level=1.2), "level is 1.2"),
    ],
)
def test_mistakes_are_named(call, message, rng):
    with pytest.raises(ValueError, match=message):
        release_reward(**{"releases": [1] * 30, "n_bins": 3, "rng": rng} | call)


def test_a_contrast_needs_both_sides():
    with pytest.raises(ValueError, match="reward is NaN in all bins"):
        release_contrast([1.0, np.nan], [False, True])
    with pytest.raises(ValueError, match=r"reward has shape \(1,\)"):
        release_contrast([1.0], [False, True])
