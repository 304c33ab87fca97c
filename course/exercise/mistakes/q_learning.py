"""Mistakes in the exercise on Q-learning."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from course.exercise.answers import CORRECT
from course.exercise.mistakes.form import Function, Mistake, mistake

Choice = Callable[..., Any]
epsilon_greedy, right_update = CORRECT["epsilon_greedy"], CORRECT["q_update"]


def _choose(explore: Choice | None = None, exploit: Choice | None = None) -> Choice:
    """ε-greedy with other halves."""

    def choose(q: Any, state: int, epsilon: float, rng: np.random.Generator) -> Any:
        row = np.asarray(q)[state]
        if rng.random() < epsilon:
            return explore(q, row, rng) if explore else int(rng.integers(len(row)))
        best = np.flatnonzero(row == np.max(row))
        return exploit(q, row, rng) if exploit else int(rng.choice(best))

    return choose


def _others(q: Any, row: Any, rng: np.random.Generator) -> int:
    return int(rng.choice(np.flatnonzero(np.arange(len(row)) != row.argmax())))


def _noisy(q: Any, row: Any, rng: np.random.Generator) -> int:
    return int((row + rng.normal(size=len(row))).argmax())


def _with_epsilon(change: Callable[[float], float]) -> Choice:
    return lambda q, state, epsilon, rng: epsilon_greedy(q, state, change(epsilon), rng)


EPSILON_GREEDY = (
    mistake("it explores where it should take the best action, and the other way round", _with_epsilon(lambda e: 1 - e), see="q_learning#exploration"),
    mistake("ε counts as a percentage", _with_epsilon(lambda e: e / 100)),
    mistake("it never explores, whatever ε says", _with_epsilon(lambda e: 0), see="q_learning#exploration"),
    mistake("it always explores, whatever ε says", _with_epsilon(lambda e: 1), see="q_learning#exploration"),
    mistake("of equally good actions the first is always taken, as by argmax alone", _choose(None, lambda q, row, rng: int(row.argmax())), see="q_learning#exploration"),
    mistake("of equally good actions the last is always taken", _choose(None, lambda q, row, rng: int(len(row) - 1 - row[::-1].argmax())), see="q_learning#exploration"),
    mistake("the last action is never drawn: in `rng.integers(n)` n itself is left out already", _choose(lambda q, row, rng: int(rng.integers(max(1, len(row) - 1))))),
    mistake("the first action is never drawn", _choose(lambda q, row, rng: int(rng.integers(min(1, len(row) - 1), len(row))))),
    mistake("it explores among the other actions only: the best one is one of them", _choose(_others), lambda q, state, epsilon, rng: epsilon_greedy(q, state, epsilon, rng)),
    mistake("the whole table is searched, and not the row of the state", _choose(None, lambda q, row, rng: int(np.argmax(np.max(q, axis=0)))), _choose(None, lambda q, row, rng: int(np.argmax(q))), _choose(None, lambda q, row, rng: int(np.argmax(q) % len(row)))),
    mistake("the first row is looked at, whatever the state is", _choose(None, lambda q, row, rng: int(np.argmax(q[0]))), _choose(None, lambda q, row, rng: int(rng.choice(np.flatnonzero(q[0] == np.max(q[0])))))),
    mistake("the worst action is taken, and not the best", _choose(None, lambda q, row, rng: int(row.argmin()))),
    mistake("ties are broken by noise that hides differences", _choose(None, _noisy)),
    mistake("the largest value is returned, and not the action that has it: max in the place of argmax", _choose(None, lambda q, row, rng: float(row.max()))),
    mistake("a list of the best actions is returned, and not one of them", _choose(None, lambda q, row, rng: np.flatnonzero(row == row.max())[:1])),
    mistake("the action is a float (whole numbers can be an index)", _choose(lambda q, row, rng: float(rng.integers(len(row))), lambda q, row, rng: float(row.argmax()))),
)  # fmt: skip


def _update(
    target: Callable[..., float] = lambda r, q, after, over, gamma, s, a: (
        r + (0 if over else gamma * np.max(q[after]))
    ),
    move: Callable[..., float] = lambda old, target, alpha: old + alpha * (target - old),
    dtype: Any = float,
) -> Callable[..., Any]:
    """An update with another target or another way to it."""

    def update(
        q: Any, s: int, a: int, r: float, after: int, over: bool, alpha: float, gamma: float
    ) -> Any:
        q = np.array(q, dtype=dtype)
        q[s, a] = move(q[s, a], target(r, q, after, over, gamma, s, a), alpha)
        return q

    return update


def _next(best: Callable[..., Any]) -> Callable[..., Any]:
    """An update that looks at something else of the next state."""
    return _update(
        lambda r, q, after, over, gamma, s, a: r + (0 if over else gamma * best(q, after, s, a))
    )


def _swapped(
    q: Any, s: int, a: int, r: float, after: int, over: bool, alpha: float, g: float
) -> Any:
    return right_update(q, s, a, r, after, over, g, alpha)


def _entry(q: Any, s: int, a: int, *rest: Any) -> Any:
    return right_update(q, s, a, *rest)[s, a]


def _next_row(q: Any, s: int, a: int, r: float, after: int, *rest: Any) -> Any:
    new = np.array(q, dtype=float)
    new[after, a] = right_update(q, s, a, r, after, *rest)[s, a]
    return new


def _all_actions(q: Any, s: int, a: int, *rest: Any) -> Any:
    new = np.array(q, dtype=float)
    new[s] = right_update(q, s, a, *rest)[s, a]
    return new


def _if(condition: Callable[[float, bool], bool]) -> Callable[..., Any]:
    """An update that is made on a condition only."""

    def update(q: Any, s: int, a: int, r: float, after: int, over: bool, *rest: float) -> Any:
        if condition(r, over):
            return right_update(q, s, a, r, after, over, *rest)
        return np.array(q, dtype=float)

    return update


Q_UPDATE = (
    mistake("γ is left out", _update(lambda r, q, after, over, gamma, s, a: r + (0 if over else np.max(q[after]))), see="q_learning#learning-from-one-step"),
    mistake("α is left out, and the target itself is put into the table", _update(move=lambda old, target, alpha: target), see="q_learning#step-sizes"),
    mistake("α times the target is added: the old value is not taken off it", _update(move=lambda old, target, alpha: old + alpha * target), see="q_learning#learning-from-one-step"),
    mistake("the old value has no weight: (1 − α) of it must stay", _update(move=lambda old, target, alpha: alpha * target)),
    mistake("the weights of the old value and of the target are exchanged", _update(move=lambda old, target, alpha: alpha * old + (1 - alpha) * target)),
    mistake("the step goes away from the target: the sign of the difference is turned round", _update(move=lambda old, target, alpha: old - alpha * (target - old))),
    mistake("α and γ have changed places", _swapped),
    mistake("the largest value of the state itself is used, and not of the next state", _next(lambda q, after, s, a: np.max(q[s]))),
    mistake("the same action is looked up in the next state, and not the best one", _next(lambda q, after, s, a: q[after, a])),
    mistake("the first action of the next state is looked up, and not the best one", _next(lambda q, after, s, a: q[after, 0])),
    mistake("the mean over the next actions is taken, and not the largest", _next(lambda q, after, s, a: np.mean(q[after])), see="q_learning#learning-from-one-step"),
    mistake("the smallest of the next actions is taken, and not the largest", _next(lambda q, after, s, a: np.min(q[after]))),
    mistake("the best *action* of the next state is used as if it were its value: argmax in the place of max", _next(lambda q, after, s, a: np.argmax(q[after]))),
    mistake("the largest value of the whole table is taken, and not of the next state", _next(lambda q, after, s, a: np.max(q))),
    mistake("the sum over the next actions is taken, and not the largest", _next(lambda q, after, s, a: np.sum(q[after]))),
    mistake("the maximum starts at 0, so that nothing negative can follow", _next(lambda q, after, s, a: max(0, np.max(q[after])))),
    mistake("the largest *absolute* value follows", _next(lambda q, after, s, a: np.max(np.abs(q[after])))),
    mistake("the reward is left out", _update(lambda r, q, after, over, gamma, s, a: 0 if over else gamma * np.max(q[after]))),
    mistake("the reward is discounted, too", _update(lambda r, q, after, over, gamma, s, a: gamma * (r + (0 if over else np.max(q[after]))))),
    mistake("what follows is taken off, and not added", _update(lambda r, q, after, over, gamma, s, a: r - (0 if over else gamma * np.max(q[after])))),
    mistake("what follows is left out", _update(lambda r, q, after, over, gamma, s, a: r)),
    mistake("the values of the next state count after the end, too", _update(lambda r, q, after, over, gamma, s, a: r + gamma * np.max(q[after])), see="q_learning#what-can-go-wrong"),
    mistake("`terminated` is turned round: what follows counts only where nothing does", _update(lambda r, q, after, over, gamma, s, a: r + (gamma * np.max(q[after]) if over else 0))),
    mistake("nothing is learned from the last step of an episode: its reward counts", _if(lambda r, over: not over)),
    mistake("something is learned only where the reward is not 0", _if(lambda r, over: r != 0)),
    mistake("the entry of the next state is written, and not that of the state", _next_row),
    mistake("all actions of the state are written, and not only the one that was taken", _all_actions),
    mistake("the new entry is returned, and not the table", _entry),
    mistake("the row of the state is returned, and not the table", lambda q, s, *rest: right_update(q, s, *rest)[s]),
    mistake("the table is put into an array of whole numbers (dtype=int)", _update(dtype=int)),
    mistake("the table is put into an array of dtype float32", _update(dtype=np.float32)),
)  # fmt: skip


def live(
    env: Any,
    episodes: int,
    alpha: float,
    epsilon: float,
    gamma: float,
    rng: np.random.Generator,
    *,
    choose: Choice = epsilon_greedy,
    update: Callable[..., Any] = right_update,
    over: Callable[..., bool] = lambda r, terminated, truncated: terminated or truncated,
    ended: Callable[..., bool] = lambda terminated, truncated: terminated,
    begin: Callable[..., int] = lambda env, state: int(env.reset()[0]),
    moves: bool = True,
    keeps: bool = True,
    learns: bool = True,
    steps: int = 10_000,
) -> Any:
    """Q-learning, right where nothing else is asked for."""
    q = np.zeros((int(env.observation_space.n), int(env.action_space.n)))
    state = 0
    for _ in range(episodes):
        state, done = begin(env, state), False
        q = q if keeps else np.zeros_like(q)
        for _ in range(steps):
            action = choose(q, state, epsilon, rng)
            after, reward, terminated, truncated, _ = env.step(action)
            last = ended(terminated, truncated)
            new = update(q, state, action, float(reward), after, last, alpha, gamma)
            q = new if learns else q
            state = after if moves else state
            done = over(reward, terminated, truncated)
            if done:
                break
    return q


lived: Function = live


def _live(words: str, see: str = "", **wrong: Any) -> Mistake:
    return mistake(words, partial(live, **wrong), see=see)


def _with(words: str, **settings: Callable[[Any], Any]) -> Mistake:
    """A mistake that changes what the agent was asked to use."""
    names = ("episodes", "alpha", "epsilon", "gamma")

    def run(env: Any, *given: Any) -> Any:
        changed = (
            settings.get(n, lambda x: x)(value) for n, value in zip(names, given, strict=False)
        )
        return lived(env, *changed, given[-1])

    return mistake(words, run)


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda asked: value


def _decaying(name: str) -> Callable[..., Any]:
    def run(env: Any, episodes: int, alpha: float, epsilon: float, gamma: float, rng: Any) -> Any:
        count = [0]

        def begin(env: Any, state: int) -> int:
            count[0] += 1
            return int(env.reset()[0])

        def update(
            q: Any, s: int, a: int, r: float, after: int, over: bool, alpha: float, g: float
        ) -> Any:
            return right_update(q, s, a, r, after, over, alpha / max(1, count[0]), g)

        def choose(q: Any, state: int, epsilon: float, rng: Any) -> Any:
            return epsilon_greedy(q, state, epsilon / max(1, count[0]), rng)

        changed = {"update": update} if name == "alpha" else {"choose": choose}
        return live(env, episodes, alpha, epsilon, gamma, rng, begin=begin, **changed)

    return run


def _steps(env: Any, episodes: int, alpha: float, epsilon: float, gamma: float, rng: Any) -> Any:
    q = np.zeros((int(env.observation_space.n), int(env.action_space.n)))
    state = env.reset()[0]
    for _ in range(episodes):
        action = epsilon_greedy(q, state, epsilon, rng)
        after, reward, terminated, truncated, _ = env.step(action)
        q = right_update(q, state, action, float(reward), after, terminated, alpha, gamma)
        state = env.reset()[0] if terminated or truncated else after
    return q


def _reset_once(*given: Any) -> Any:
    first: list[int] = []

    def begin(env: Any, state: int) -> int:
        if not first:
            first.append(int(env.reset()[0]))
            return first[0]
        return state

    return lived(*given, begin=begin)


def _four_of_five(env: Any, *rest: Any) -> Any:
    env.reset()
    state, reward, over, info = env.step(0)
    return state, reward, over, info


def _sarsa(env: Any, episodes: int, alpha: float, epsilon: float, gamma: float, rng: Any) -> Any:
    q = np.zeros((int(env.observation_space.n), int(env.action_space.n)))
    for _ in range(episodes):
        state, over = env.reset()[0], False
        action = epsilon_greedy(q, state, epsilon, rng)
        while not over:
            after, reward, terminated, truncated, _ = env.step(action)
            following = epsilon_greedy(q, after, epsilon, rng)
            target = reward + (0 if terminated else gamma * q[after, following])
            q[state, action] += alpha * (target - q[state, action])
            state, action, over = after, following, terminated or truncated
    return q


def _one_row(*given: Any) -> Any:
    """`[[0] * A] * S` has one row under S names."""

    def update(q: Any, s: int, *rest: Any) -> Any:
        return np.tile(right_update(q, s, *rest)[s], (len(q), 1))

    return lived(*given, update=update)


Q_LEARNING = (
    _live("a truncated episode counts as a terminated one", see="q_learning#what-can-go-wrong", ended=lambda terminated, truncated: terminated or truncated),
    _live("the update is never told that the episode terminated", see="q_learning#what-can-go-wrong", ended=lambda terminated, truncated: False),
    _live("`terminated` is turned round in the update", ended=lambda terminated, truncated: not terminated),
    _live("an episode ends at the first reward that is not 0, and not where it is over", over=lambda r, terminated, truncated: r != 0 or terminated or truncated),
    _live("the episode ends after its first step", steps=1),
    mistake("the environment is reset once, and not before each episode", _reset_once),
    _live("`state = env.reset()` takes two things for one: it returns the state and an info, `state, _ = env.reset()`", begin=lambda env, state: env.reset()),
    mistake("four things are taken from env.step(action), which returns five: next_state, reward, terminated, truncated, info", _four_of_five),
    _live("the episode goes on after it was truncated", over=lambda r, terminated, truncated: terminated),
    _live("the episode goes on after it was terminated", over=lambda r, terminated, truncated: truncated),
    _live("S ← S' is missing: the state never moves", see="q_learning#learning-from-one-step", moves=False),
    _live("what the update returns is thrown away (q = q_update(…) keeps it)", learns=False),
    _live("each episode begins with an empty table", keeps=False),
    _live("an episode begins in the state in which the last one ended, and not in that which env.reset() returns", begin=lambda env, state: (env.reset(), state)[1]),
    _live("each episode begins with env.reset(seed=…), so that the world's dice fall alike", begin=lambda env, state: int(env.reset(seed=0)[0])),
    _live("each episode begins with env.reset(seed=…), so that the world's dice fall alike", begin=lambda env, state: int(env.reset(seed=42)[0])),
    mistake("the value of the action that is taken next is learned, as SARSA does, and not that of the best", _sarsa, see="q_learning#on-a-cliff"),
    mistake("`episodes` counts steps, and not episodes", _steps),
    _with("there is one episode only", episodes=lambda n: min(n, 1)),
    _with("one episode is left out, as in range(1, episodes)", episodes=lambda n: n - 1),
    _with("there is one episode too many", episodes=lambda n: n + 1),
    *(_with("the number of episodes is fixed, whatever was asked for", episodes=_always(n)) for n in (10, 100, 500, 1000)),
    _with("ε counts as a percentage", epsilon=lambda e: e / 100),
    _with("the agent never explores, whatever epsilon says", epsilon=lambda e: 0.0),
    _with("the agent always explores, whatever epsilon says", epsilon=lambda e: 1.0),
    *(_with(f"ε is {fixed:g}, whatever was asked for", epsilon=_always(fixed)) for fixed in (0.1, 0.2, 0.3)),
    *(_with(f"γ is {fixed:g}, whatever was asked for", gamma=_always(fixed)) for fixed in (0.9, 0.99, 1.0)),
    *(_with(f"α is {fixed:g}, whatever was asked for", alpha=_always(fixed)) for fixed in (0.1, 0.5, 1.0)),
    mistake("α shrinks from episode to episode, where it must stay as it was given", _decaying("alpha"), see="q_learning#step-sizes"),
    mistake("ε shrinks from episode to episode, where it must stay as it was given", _decaying("epsilon")),
    mistake("the rows of the table are one list, as in [[0] * A] * S", _one_row),
    mistake("the best actions are returned, and not q", lambda *given: lived(*given).argmax(axis=1)),
    mistake("the best values are returned, and not q", lambda *given: lived(*given).max(axis=1)),
    mistake("the table has one row less or more than states", lambda *given: lived(*given)[:-1]),
    *(
        mistake(known.words, *(partial(live, update=wrong) for wrong in known.wrong), see=known.see)
        for known in Q_UPDATE
        if known.wrong[0] not in (_entry, _swapped)
    ),
)  # fmt: skip

MISTAKES = {
    "epsilon_greedy": EPSILON_GREEDY,
    "q_update": Q_UPDATE,
    "q_learning": Q_LEARNING,
}
RIGHT = {"epsilon_greedy": epsilon_greedy, "q_update": right_update, "q_learning": live}
