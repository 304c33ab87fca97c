import numpy as np
import pytest
from hypothesis import assume, given
from models import any_mdp
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import Demonstrations, empirical_mdp, russell_norvig

ENDS = Demonstrations.from_trajectories([[(0, 0, 1), (1, 1, 1)], [(0, 0, 0)]], terminated=[1, 0])


def by_hand(walks, n, m):
    """Averages over a list of what followed each pair; None is an ending."""
    followed = [[[] for _ in range(m)] for _ in range(n)]
    for s, a, t, over in zip(
        walks.states, walks.actions, walks.next_states, walks.ended, strict=True
    ):
        if over or t >= 0:
            followed[s][a].append(None if over else t)
    p = np.zeros((n, m, n))
    for s in range(n):
        for a in range(m):
            for t in followed[s][a]:
                if t is not None:
                    p[s, a, t] += 1 / len(followed[s][a])
        tried = [a for a in range(m) if followed[s][a]]
        for a in set(range(m)) - set(tried):
            p[s, a] = p[s, tried].mean(axis=0) if tried else 0
    return p


@given(any_mdp())
def test_it_is_the_average_of_what_followed(mdp):
    n, m = mdp.n_states, mdp.n_actions
    at_random = np.full((n, m), 1 / m)
    rng = np.random.default_rng(0)
    anywhere = np.full(n, 1 / n)
    walks = Demonstrations.sample(mdp, at_random, 4, max_steps=5, rng=rng, start=anywhere)
    assume(walks.n_steps)  # all may have begun in exits
    found = empirical_mdp(walks, n, m, 0.5).to_dense()
    assert_allclose(found.transitions, by_hand(walks, n, m), atol=1e-12)
    assert_array_equal(found.rewards, 0)
    assert found.discount == 0.5
    begun = [steps[0, 0] for steps in walks.to_trajectories() if len(steps)]
    assert_allclose(found.start, np.bincount(begun, minlength=n) / len(begun))


def test_endings_end_and_unknown_successors_do_not_count():
    p = empirical_mdp(ENDS, 2, 2, 0.9).to_dense().transitions
    assert_allclose(p[0], [[0.5, 0.5], [0.5, 0.5]])
    assert_allclose(p[1], 0)  # an ending, and an action never tried beside it
    assert_allclose(empirical_mdp(ENDS, 2, 2, 0.9).start, [1, 0])
    lost = Demonstrations.from_trajectories([[(0, 0), (0, 1)]])
    assert_allclose(empirical_mdp(lost, 1, 2, 0.9).to_dense().transitions, 1)


def test_much_data_shows_the_model():
    mdp = russell_norvig(discount=0.9).mdp
    at_random = np.full((11, 4), 0.25)
    walks = Demonstrations.sample(mdp, at_random, 20_000, rng=np.random.default_rng(1))
    found = empirical_mdp(walks, 11, 4, 0.9).to_dense().transitions
    # Stepping into an exit is an ending, and nothing follows it.
    assert_allclose(found, np.where(mdp.terminal, 0, mdp.transitions), atol=0.02)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="must be below 1"):
        empirical_mdp(ENDS, 1, 2, 0.9)
    with pytest.raises(ValueError, match=r"discount is 1\.5"):
        empirical_mdp(ENDS, 2, 2, 1.5)
