"""Breaks ties by shuffling the actions, and explores where a draw is at least 1 − ε."""


def epsilon_greedy(q, state, epsilon, rng):
    order = rng.permutation(q.shape[1])
    if rng.random() >= 1 - epsilon:
        return order[0]
    return max(order, key=lambda a: q[state][a])
