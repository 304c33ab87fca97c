"""The maximum starts at 0, so that no value is negative."""

LOSES = "value_iteration"

CHANGES = {
    "value_iteration": {
        "action_values(mdp, v)[s].max()": "max(0.0, action_values(mdp, v)[s].max())"
    }
}
