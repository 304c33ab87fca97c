"""The best action in the place of its value."""

LOSES = "q_update"

CHANGES = {"q_update": {"q[next_state].max()": "q[next_state].argmax()"}}
