"""The mean of the next action values follows."""

LOSES = "iavi"

CHANGES = {"iavi": {"q.max(axis=1)": "q.mean(axis=1)"}}
