"""Always random."""

LOSES = "epsilon_greedy"


def epsilon_greedy(q, state, epsilon, rng):
    return int(rng.integers(q.shape[1]))
