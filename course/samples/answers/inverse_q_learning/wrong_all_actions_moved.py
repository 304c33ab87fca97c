"""Moves the rewards of all actions of the state, as the library does."""

LOSES = "iql_update"
CHANGES = {
    "iql_update": {
        "reward[state, action] += alpha_r * (target - reward[state, action])": (
            "gap = reward[state] - of_state\n"
            "    means = (gap.sum() - gap) / (len(gap) - 1)\n"
            "    reward[state] += alpha_r * (of_state + means - reward[state])"
        ),
    }
}
