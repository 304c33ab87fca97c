"""A table of whole numbers."""

LOSES = "q_update"

CHANGES = {"q_update": {"q = q.copy()": "q = q.astype(int)"}}
