r"""How likely demonstrations are under a reward, and which way the reward should move.

For the soft-optimal policy π of a reward r, with Q = r + γ P V and V = log Σ_a exp Q, the
log-likelihood Σ n(s, a) log π(a|s) = Σ n (Q − V) of n(s, a) decisions is

    L(r) = Σ_{s,a} n(s, a) r(s, a) − Σ_s b(s) V(s),
    b(s) = Σ_a n(s, a) − γ Σ_{s',a'} p(s|s', a') n(s', a'),
    ∂L / ∂r(s, a) = n(s, a) − D(s, a).

b says where the counts, taken as a flow, come from, and D(s, a) is how often π acts if it starts
from there. So at a maximum over θ in r = θ·φ, both meet the same features (Ziebart, Bagnell & Dey
2010). Recordings may begin and stop anywhere; for the occupancy of a policy, b is its start.

With a horizon, π, V and b belong to a step of time, and step t counts γ^t.
"""

from typing import Any

import numpy as np
from scipy import sparse

from rl_lib._check import Array, at, finite_array, first, whole
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.mdp import MDP
from rl_lib.planning import _soft
from rl_lib.planning._evaluation import expected_visits, policy_matrix
from rl_lib.planning.occupancy import forward


class Likelihood:
    """L(r) and its gradient; keeps the solution of the last reward it was called with."""

    def __init__(self, mdp: MDP, demonstrations: Any, horizon: int | None = None):
        if mdp.n_actions == 1:
            raise ValueError(
                "mdp has 1 action; behaviour without a choice says nothing about a reward"
            )
        if horizon is not None:
            whole("horizon", horizon, 1)
        elif mdp.discount == 1:
            raise ValueError("discount is 1; maximum entropy then needs a horizon")
        self.mdp, self.horizon = mdp, horizon
        self.counts, self.start = _counts(mdp, demonstrations, horizon)
        if not self.counts.sum() > 0:
            raise ValueError("demonstrations holds no step; it must hold at least one")
        # Nothing is decided where the model pays nothing and ends, unless somebody was seen to.
        self.exits = mdp.terminal & (self.counts.sum(axis=1) == 0)
        self.v = np.zeros(mdp.n_states)

    def __call__(self, reward: Array) -> tuple[float, Array]:
        """L and ∂L/∂r, (S, A); rewards of exit states count for nothing."""
        mdp = self.mdp
        self.reward = np.where(self.exits[:, None], 0.0, reward)
        if self.horizon is None:
            # The values of the last reward are a good first guess for those of the next.
            self.v, self.q, self.policy, *_ = _soft.fixed_point(
                mdp, self.reward, self.exits, self.v, 1.0, 1e-12, 1_000
            )
            chosen = policy_matrix(mdp, self.policy)
            visits = expected_visits(chosen, self.start, mdp.discount, 1e-12)[:, None] * self.policy
            lost = self.start @ self.v
        else:
            v, q, self.policy = _soft.backward(mdp, self.reward, self.exits, self.horizon)
            self.q = q[0]
            visits = forward(mdp, self.policy, self.start)
            self.v, lost = v[0], (self.start * v).sum()
        value = float((self.counts * self.reward).sum() - lost)
        return value, np.where(self.exits[:, None], 0.0, self.counts - visits)


class Features:
    """φ as a matrix: from weights to rewards, and from visits to sums of features."""

    def __init__(self, mdp: MDP, features: Any):
        n, m = self.shape = (mdp.n_states, mdp.n_actions)
        if sparse.issparse(features):
            self.matrix: Any = sparse.csr_array(features, dtype=np.float64)
            finite_array("features.data", self.matrix.data)
        else:
            self.matrix = finite_array("features", features)
            if self.matrix.ndim == 3 and self.matrix.shape[:2] == (n, m):
                self.matrix = self.matrix.reshape(n * m, -1)
        if self.matrix.ndim != 2 or self.matrix.shape[0] not in (n, n * m):
            raise ValueError(
                f"features has shape {np.shape(features)}; it must be (S, F), (S, A, F) or "
                f"(S·A, F), with S = {n} and A = {m}"
            )
        if self.matrix.shape[1] == 0:
            raise ValueError(f"features has shape {np.shape(features)}; it must have a feature")
        self.of_states = self.matrix.shape[0] == n
        self.n = self.matrix.shape[1]

    def reward(self, theta: Array) -> Array:
        """θ·φ, shape (S, A)."""
        paid = self.matrix @ theta
        if self.of_states:
            return np.broadcast_to(paid[:, None], self.shape)
        return paid.reshape(self.shape)

    def sum(self, visits: Array) -> Array:
        """Σ visits(s, a) φ(s, a), shape (F,)."""
        return self.matrix.T @ (visits.sum(axis=1) if self.of_states else visits.ravel())


def _counts(mdp: MDP, demonstrations: Any, horizon: int | None) -> tuple[Array, Array]:
    """The n and the b of the likelihood; with a horizon, b is (horizon, S)."""
    n, m = mdp.n_states, mdp.n_actions
    if not isinstance(demonstrations, Demonstrations):
        counts = finite_array("demonstrations", demonstrations, (n, m))
        bad = first(counts < 0)
        if bad is not None:
            name = at("demonstrations", bad)
            raise ValueError(f"{name} is {counts[bad]:g}; a count must be at least 0")
        begun = counts.sum(axis=1) - mdp.discount * (mdp.transition_matrix.T @ counts.ravel())
        if horizon is not None:
            bad = first(begun > mdp.start + 1e-6)
            if bad is not None:
                raise ValueError(
                    f"{at('demonstrations', bad)} begins {begun[bad]:g} times; with a horizon, an "
                    "array must be an occupancy from the start of the model"
                )
            start = np.zeros((horizon, n))
            start[0] = mdp.start
            return counts, start
    else:
        demonstrations.check(mdp)
        if horizon is not None:
            return _counts_by_time(mdp, demonstrations, horizon)
        counts = demonstrations.counts(n, m)
    return counts, counts.sum(axis=1) - mdp.discount * (mdp.transition_matrix.T @ counts.ravel())


def _counts_by_time(mdp: MDP, demonstrations: Demonstrations, horizon: int) -> tuple[Array, Array]:
    too_long = first(demonstrations.lengths > horizon)
    if too_long is not None:
        raise ValueError(
            f"demonstrations has {demonstrations.lengths[too_long]} steps in trajectory "
            f"{too_long[0]}; with horizon={horizon} it may have at most {horizon}"
        )
    pair = demonstrations.states * mdp.n_actions + demonstrations.actions
    entries = (mdp.discount**demonstrations.times, (demonstrations.times, pair))
    taken = sparse.csr_array(sparse.coo_array(entries, shape=(horizon, mdp.rewards.size)))
    in_state = taken @ sparse.kron(sparse.eye_array(mdp.n_states), np.ones((mdp.n_actions, 1)))
    start = np.asarray(in_state.todense())
    start[1:] -= mdp.discount * (taken[:-1] @ mdp.transition_matrix).todense()
    return taken.sum(axis=0).reshape(mdp.rewards.shape), start
