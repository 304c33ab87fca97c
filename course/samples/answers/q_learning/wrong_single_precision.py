"""A table in single precision."""

LOSES = "q_update"

CHANGES = {"q_update": {"q = q.copy()": "q = q.astype(np.float32)"}}
