"""Kept a table of whole numbers, in which a reward of less than 1 leaves no trace."""

LOSES = "q_learning"

CHANGES = {"q_learning": {"env.action_space.n))": "env.action_space.n), dtype=int)"}}
