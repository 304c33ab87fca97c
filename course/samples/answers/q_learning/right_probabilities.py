"""Draws from the ε-greedy probabilities."""


def epsilon_greedy(q, state, epsilon, rng):
    n_actions = len(q[state])
    best = q[state] == q[state].max()
    probabilities = epsilon / n_actions + (1 - epsilon) * best / best.sum()
    return int(rng.choice(n_actions, p=probabilities))
