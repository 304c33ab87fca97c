"""What follows is forgotten."""

LOSES = "q_update"

CHANGES = {"q_update": {"reward + gamma * q[next_state].max()": "reward"}}
