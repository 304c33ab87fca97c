"""The maximum starts at 0, so that nothing negative follows."""

LOSES = "q_update"

CHANGES = {"q_update": {"q[next_state].max()": "max(0.0, q[next_state].max())"}}
