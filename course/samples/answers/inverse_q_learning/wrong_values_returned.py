"""Returns values instead of rewards."""

LOSES = "iavi"

CHANGES = {"iavi": {"return reward": "return q.max(axis=1)"}}
