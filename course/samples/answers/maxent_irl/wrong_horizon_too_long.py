"""One step too many."""

LOSES = "gradient"

CHANGES = {"gradient": {"theirs, horizon": "theirs, horizon + 1"}}
