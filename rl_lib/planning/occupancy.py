"""How often a policy does what: discounted visits to states and actions."""

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, distributions, whole
from rl_lib.mdp import MDP
from rl_lib.planning._evaluation import chosen_transitions, expected_visits, require_ending


def occupancy(
    mdp: MDP,
    policy: npt.ArrayLike,
    *,
    horizon: int | None = None,
    start: npt.ArrayLike | None = None,
) -> Array:
    r"""Expected discounted visits D(s, a) = Σ_t γ^t P(S_t = s, A_t = a) (Puterman 1994, eq. 6.9.3).

    Where no episode ends they sum to (1 − γ^horizon) / (1 − γ). Nothing is done in an exit.

    Parameters
    ----------
    mdp : MDP
    policy : array (S, A), or (horizon, S, A) for one that changes with time
    horizon : int ≥ 1, optional
        Number of steps; default: without end.
    start : array (S,), optional
        Distribution of the first state; default: the model's own.

    Returns
    -------
    array (S, A)

    Raises
    ------
    ValueError
        If γ = 1, there is no horizon, and the policy may never end.

    References
    ----------
    Puterman, M. L. (1994). Markov Decision Processes: Discrete Stochastic Dynamic Programming.
    Wiley.

    Examples
    --------
    >>> occupancy(MDP([[[1.0]]], [[0.0]], discount=0.9), [[1.0]]).round(9)
    array([[10.]])
    """
    shape: tuple[int, ...] = (mdp.n_states, mdp.n_actions)
    if horizon is not None and np.ndim(policy) == 3:
        shape = (whole("horizon", horizon, 1), *shape)
    policy = distributions("policy", policy, shape)
    first = mdp.start if start is None else distributions("start", start, (mdp.n_states,))
    if horizon is not None:
        whole("horizon", horizon, 1)
        steps = np.broadcast_to(policy, (horizon, *policy.shape[-2:]))
        begin = np.vstack((first, np.zeros((horizon - 1, mdp.n_states))))
        return np.where(mdp.terminal[:, None], 0.0, forward(mdp, steps, begin))
    chosen = chosen_transitions(mdp, policy)
    if mdp.discount == 1:
        require_ending(chosen)
    visits = expected_visits(chosen, first, mdp.discount, tol=1e-12)
    return np.where(mdp.terminal, 0.0, visits)[:, None] * policy


def forward(mdp: MDP, policy: Array, start: Array) -> Array:
    """Discounted visits, (S, A), under the policies of so many steps, (horizon, S, A).

    Row t of `start`, (horizon, S), is what begins at step t.
    """
    arriving = mdp.transition_matrix.T
    state, total = np.zeros(mdp.n_states), np.zeros(policy.shape[1:])
    for now, new in zip(policy, start, strict=True):
        taken = (state + new)[:, None] * now
        total += taken
        state = mdp.discount * (arriving @ taken.ravel())
    return total
