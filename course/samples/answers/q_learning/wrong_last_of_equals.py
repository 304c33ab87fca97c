"""Ties always go to the last action."""

LOSES = "epsilon_greedy"

CHANGES = {
    "epsilon_greedy": {
        "int(rng.choice(np.flatnonzero(q[state] == q[state].max())))": "int(q.shape[1] - 1 - q[state][::-1].argmax())",
    }
}
