r"""Simulated experts and animals: their reward is known, so that one sees if it is found again.

Each function returns an `Agent`: a policy, and the model with the reward that it is after. All of
them are simulated.
"""

from typing import NamedTuple

import numpy as np

from rl_lib._check import Array, distributions, number
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.mdp import MDP
from rl_lib.planning.solvers import boltzmann, soft_value_iteration, value_iteration
from rl_lib.worlds.response_task import ResponseTask

_RATS = {
    # hidden cost of holding in each bin, temperature
    "steady": (0.0, 0.12),
    "noisy": (0.0, 0.25),
    "impatient": (0.028, 0.18),
}
RATS = tuple(_RATS)
"""Names of the simulated rats."""


class Agent(NamedTuple):
    """A policy and what it is for."""

    mdp: MDP
    """The world as the agent sees it: its rewards are the ones it is after."""
    policy: Array
    """π(a|s), shape (S, A)."""

    def demonstrate(
        self, n_trajectories: int, *, max_steps: int = 1_000, rng: np.random.Generator
    ) -> Demonstrations:
        """Recordings of the agent at work; see `Demonstrations.sample`."""
        return Demonstrations.sample(
            self.mdp, self.policy, n_trajectories, max_steps=max_steps, rng=rng
        )


def boltzmann_expert(mdp: MDP, temperature: float = 1.0) -> Agent:
    r"""An agent that knows q* and takes actions with π(a|s) ∝ exp(q*(s, a) / T).

    It is the demonstrator that inverse Q-learning assumes (Kalweit et al. 2020, eq. 3). It plans as
    if it would make no mistake later.

    Parameters
    ----------
    mdp : MDP
    temperature : float > 0
        T, in the unit of the rewards.

    References
    ----------
    Kalweit, G., Huegle, M., Werling, M. & Boedecker, J. (2020). Deep inverse Q-learning with
    constraints. NeurIPS 33.

    Examples
    --------
    >>> mdp = MDP([[[0.0], [0.0]]], [[0.0, np.log(3)]], discount=1.0)
    >>> boltzmann_expert(mdp).policy.round(6)
    array([[0.25, 0.75]])
    """
    q = value_iteration(mdp, tol=_precision(mdp, 0.0)).q
    return Agent(mdp, boltzmann(q, temperature))


def soft_expert(mdp: MDP, temperature: float = 1.0) -> Agent:
    """An agent that reckons with its own noise: the soft-optimal policy (Ziebart 2010).

    It is the demonstrator that maximum entropy inverse reinforcement learning assumes. Parameters
    are those of `boltzmann_expert`.

    References
    ----------
    Ziebart, B. D. (2010). Modeling Purposeful Adaptive Behavior with the Principle of Maximum
    Causal Entropy. PhD thesis, Carnegie Mellon University.

    Examples
    --------
    Action 1 ends; action 0 leads to a choice of two. Keeping options open is worth something to
    this expert, and nothing to the Boltzmann one.

    >>> p = np.zeros((2, 2, 2))
    >>> p[0, 0, 1] = 1
    >>> mdp = MDP(p, [[0.0, 1.0], [1.0, 1.0]], discount=1.0, start=0)
    >>> boltzmann_expert(mdp).policy[0], soft_expert(mdp).policy[0].round(6)
    (array([0.5, 0.5]), array([0.666667, 0.333333]))
    """
    number("temperature", temperature, 0, above=True)
    tol = _precision(mdp, temperature)
    return Agent(mdp, soft_value_iteration(mdp, temperature=temperature, tol=tol).policy)


def lapsing(agent: Agent, rate: float) -> Agent:
    """The same agent, not paying attention in a share `rate` of its steps: then it acts at random.

    Examples
    --------
    >>> steady = boltzmann_expert(MDP([[[0.0], [0.0]]], [[0.0, 100.0]], discount=1.0))
    >>> lapsing(steady, 0.1).policy.round(6)
    array([[0.05, 0.95]])
    """
    rate = number("rate", rate, 0, 1)
    policy = distributions("agent.policy", agent.policy, agent.mdp.rewards.shape)
    return Agent(agent.mdp, (1 - rate) * policy + rate / policy.shape[1])


def rat(name: str = "impatient") -> Agent:
    """A simulated rat in the response-preparation task.

    Parameters
    ----------
    name : {"steady", "noisy", "impatient"}
        The noisy one chooses at a higher temperature; the impatient one pays for each bin of
        holding, a cost that is part of its reward and of nobody else's.

    Examples
    --------
    >>> rat("impatient").mdp.rewards[:2]
    array([[-0.028,  0.   ],
           [-0.028,  0.   ]])
    """
    if name not in _RATS:
        raise ValueError(f"name is {name!r}; it must be one of {', '.join(RATS)}")
    holding_cost, temperature = _RATS[name]
    return boltzmann_expert(ResponseTask(holding_cost=holding_cost).mdp, temperature)


def _precision(mdp: MDP, temperature: float) -> float:
    """An error of values that is small beside them, and well above rounding."""
    scale = max(1.0, float(np.abs(mdp.rewards).max()) + temperature * np.log(mdp.n_actions))
    return 1e-13 * scale / max(1 - mdp.discount, 1e-3) ** 2
