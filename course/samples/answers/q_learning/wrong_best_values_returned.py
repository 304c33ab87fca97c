"""Returns the best value of each state."""

LOSES = "q_learning"

CHANGES = {"q_learning": {"return q": "return q.max(axis=1)"}}
