"""The sum over the next actions."""

LOSES = "q_update"

CHANGES = {"q_update": {"q[next_state].max()": "q[next_state].sum()"}}
