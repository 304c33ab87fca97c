"""Returns the best value, not the action."""

LOSES = "epsilon_greedy"


def epsilon_greedy(q, state, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(q.shape[1]))
    return q[state].max()
