r"""Learning from experience: Q-learning and SARSA, tabular.

Both move q(S, A) a step α towards a target,

    Q-learning (Watkins 1989)              R + γ max_a q(S', a)
    SARSA (Rummery & Niranjan 1994)        R + γ q(S', A')

(Sutton & Barto 2018, sections 6.5 and 6.4). Where the episode terminated there is no S' to look
at, and the target is R alone. A *truncated* episode was only cut short: its target still looks
ahead.

With a model, the loop draws outcomes from the model and runs compiled; with any other Gymnasium
environment the same loop calls `env.step`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm.auto import tqdm

from rl_lib._check import Array, generator, number, shown, whole
from rl_lib.learning import _episodes
from rl_lib.learning._episodes import Rule, Tables
from rl_lib.learning.schedules import ByVisits, Schedule, each_episode
from rl_lib.mdp import MDP
from rl_lib.policies import greedy


class Learned(NamedTuple):
    """What was learned and how it went; with `runs`, every array has a leading axis (runs,)."""

    q: Array
    """Action values, shape (S, A)."""
    policy: Array
    """The greedy policy of `q`, one-hot, shape (S, A)."""
    returns: Array
    """Sum of rewards of each episode, not discounted, shape (episodes,)."""
    lengths: npt.NDArray[np.intp]
    """Steps of each episode, shape (episodes,)."""


def q_learning(
    env_or_mdp: Any,
    *,
    episodes: int,
    step_size: Schedule | ByVisits,
    epsilon: Schedule,
    discount: float | None = None,
    rng: np.random.Generator,
    max_steps: int = 10_000,
    runs: int | None = None,
    progress: bool = False,
) -> Learned:
    r"""Q-learning with an ε-greedy behaviour (Watkins 1989; Sutton & Barto 2018, section 6.5).

    q(S, A) ← q(S, A) + α [R + γ max_a q(S', a) − q(S, A)], from q = 0.

    Parameters
    ----------
    env_or_mdp : MDP, a world with `.mdp`, or a Gymnasium environment with discrete spaces
    episodes : int ≥ 1
    step_size : number in (0, 1], array (episodes,), function of the episode, or `by_visits(…)`
        α.
    epsilon : number in [0, 1], array (episodes,), or function of the episode
        Probability of a uniformly random action; otherwise greedy, ties broken at random.
    discount : float in [0, 1], optional
        γ. Default: the model's own; an environment without a model needs one.
    rng : numpy.random.Generator
    max_steps : int ≥ 1
        An episode longer than this is truncated.
    runs : int ≥ 1, optional
        Learn this many times, independently; results get a leading axis.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Learned

    References
    ----------
    Sutton, R. S. & Barto, A. G. (2018). Reinforcement Learning: An Introduction, 2nd edition.
    MIT Press.

    Watkins, C. J. C. H. (1989). Learning from Delayed Rewards. PhD thesis, University of
    Cambridge.

    Examples
    --------
    >>> from rl_lib import by_visits, russell_norvig
    >>> learned = q_learning(russell_norvig(), episodes=20_000, step_size=by_visits(0.8),
    ...                      epsilon=0.2, rng=np.random.default_rng(0))
    >>> bool(abs(learned.q[7].max() - 0.705) < 0.05)
    True
    """
    return _learn(
        env_or_mdp, False, episodes, step_size, epsilon, discount, rng, max_steps, runs, progress
    )


def sarsa(
    env_or_mdp: Any,
    *,
    episodes: int,
    step_size: Schedule | ByVisits,
    epsilon: Schedule,
    discount: float | None = None,
    rng: np.random.Generator,
    max_steps: int = 10_000,
    runs: int | None = None,
    progress: bool = False,
) -> Learned:
    r"""SARSA, Q-learning's on-policy sibling (Rummery & Niranjan 1994; Sutton & Barto 2018, 6.4).

    q(S, A) ← q(S, A) + α [R + γ q(S', A') − q(S, A)], where A' is the action taken next. It learns
    the value of what it does, its own exploration included: on the cliff it keeps away from the
    edge.

    Parameters and returns are those of `q_learning`.

    References
    ----------
    Rummery, G. A. & Niranjan, M. (1994). On-line Q-learning using connectionist systems.
    Technical report CUED/F-INFENG/TR 166, University of Cambridge.

    Sutton, R. S. & Barto, A. G. (2018). Reinforcement Learning: An Introduction, 2nd edition.
    MIT Press.

    Examples
    --------
    >>> from rl_lib import cliff
    >>> options = dict(episodes=500, step_size=0.5, epsilon=0.1)
    >>> safe = sarsa(cliff(), rng=np.random.default_rng(0), **options)
    >>> bold = q_learning(cliff(), rng=np.random.default_rng(0), **options)
    >>> bool(safe.returns[-100:].mean() > bold.returns[-100:].mean())
    True
    """
    return _learn(
        env_or_mdp, True, episodes, step_size, epsilon, discount, rng, max_steps, runs, progress
    )


def _learn(
    env_or_mdp: Any,
    on_policy: bool,
    episodes: int,
    step_size: Schedule | ByVisits,
    epsilon: Schedule,
    discount: float | None,
    rng: np.random.Generator,
    max_steps: int,
    runs: int | None,
    progress: bool,
) -> Learned:
    episodes, max_steps = whole("episodes", episodes, 1), whole("max_steps", max_steps, 1)
    shrinking = step_size if isinstance(step_size, ByVisits) else ByVisits(0.0, 1.0)
    first = 1.0 if isinstance(step_size, ByVisits) else step_size
    alphas = each_episode("step_size", first, episodes, above=True)
    epsilons = each_episode("epsilon", epsilon, episodes)
    generator(rng)
    world = _World.of(env_or_mdp, discount)
    n_runs = 1 if runs is None else whole("runs", runs, 1)
    results = []
    with tqdm(total=n_runs * episodes, unit="episode", disable=not progress) as bar:
        for _ in range(n_runs):
            q = np.zeros((world.n_states, world.n_actions))
            visits = np.zeros(q.shape)
            returns, lengths = np.zeros(episodes), np.zeros(episodes, dtype=np.intp)
            n_parts = min(episodes, 100 if progress else 1)
            for part in np.array_split(np.arange(episodes), n_parts):
                rule = Rule(
                    alphas[part], shrinking, epsilons[part], world.discount, on_policy, max_steps
                )
                tables = Tables(q, visits, returns[part[0] :], lengths[part[0] :])
                world.loop(*world.source, rule, tables, rng)
                bar.update(len(part))
            results.append(Learned(q, greedy(q), returns, lengths))
    if runs is None:
        return results[0]
    return Learned(*(np.stack(parts) for parts in zip(*results, strict=True)))


class _World(NamedTuple):
    """Where experience comes from: the loop that fits it and what that loop draws from."""

    loop: Callable[..., None]
    source: tuple[Any, ...]
    n_states: int
    n_actions: int
    discount: float

    @classmethod
    def of(cls, env_or_mdp: Any, discount: float | None) -> "_World":
        if discount is not None:
            number("discount", discount, 0, 1)
        mdp = env_or_mdp if isinstance(env_or_mdp, MDP) else getattr(env_or_mdp, "mdp", None)
        if hasattr(env_or_mdp, "step"):
            return cls._of_environment(env_or_mdp, discount)
        if not isinstance(mdp, MDP):
            raise TypeError(
                f"env_or_mdp is {shown(env_or_mdp)}; it must be an MDP or an environment"
            )
        source = (np.cumsum(mdp.start), mdp.table)
        gamma = mdp.discount if discount is None else discount
        return cls(_episodes.in_model, source, mdp.n_states, mdp.n_actions, float(gamma))

    @classmethod
    def _of_environment(cls, env: Any, discount: float | None) -> "_World":
        from gymnasium.spaces import Discrete  # a second to import; models do without

        if discount is None:
            raise ValueError("discount is None; an environment without a model needs a number")
        spaces = tuple(getattr(env, f"{of}_space", None) for of in ("observation", "action"))
        if not all(isinstance(space, Discrete) for space in spaces):
            raise TypeError(f"env has spaces {spaces}; both must be Discrete")
        n_states, n_actions = (int(space.n) for space in spaces)  # type: ignore[union-attr]
        return cls(_episodes.in_environment, (env,), n_states, n_actions, float(discount))
