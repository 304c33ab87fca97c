"""No value after the end in Q, but one in Q^Sh."""

LOSES = "iql_update"
CHANGES = {
    "iql_update": {
        "0.0 if terminated else gamma": "gamma",
        "    q[state, action] += alpha * (reward": (
            "    follows *= not terminated\n    q[state, action] += alpha * (reward"
        ),
    }
}
