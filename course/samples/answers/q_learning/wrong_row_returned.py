"""Returns the row of the state."""

LOSES = "q_update"

CHANGES = {"q_update": {"return q": "return q[state]"}}
