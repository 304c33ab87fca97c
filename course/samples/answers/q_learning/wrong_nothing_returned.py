"""Returns nothing where it exploits."""

LOSES = "epsilon_greedy"

CHANGES = {
    "epsilon_greedy": {
        "return int(rng.choice(np.flatnonzero(q[state] == q[state].max())))": "rng.choice(np.flatnonzero(q[state] == q[state].max()))",
    }
}
