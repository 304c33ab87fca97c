"""Returns actions instead of values."""

LOSES = "value_iteration"

CHANGES = {"value_iteration": {"return v": "return action_values(mdp, v).argmax(axis=1)"}}
