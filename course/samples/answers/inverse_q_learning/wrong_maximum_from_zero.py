"""The maximum starts at 0."""

LOSES = "iql_update"

CHANGES = {"iql_update": {"gamma * q[next_state].max()": "gamma * max(0.0, q[next_state].max())"}}
