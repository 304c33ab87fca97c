"""Learns only where there is a reward."""

LOSES = "q_update"

CHANGES = {"q_update": {"q = q.copy()": "q = q.copy()\n    if reward == 0:\n        return q"}}
