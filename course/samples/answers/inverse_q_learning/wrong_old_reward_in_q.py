"""Q learns from the reward before its update."""

LOSES = "iql_update"
CHANGES = {
    "iql_update": {
        "    counts[state, action] += 1\n": (
            "    old = reward.copy()\n    counts[state, action] += 1\n"
        ),
        "q[state, action] += alpha * (reward[state, action]": (
            "q[state, action] += alpha * (old[state, action]"
        ),
    }
}
