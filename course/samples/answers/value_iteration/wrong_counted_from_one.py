"""Actions 1 to 4."""

LOSES = "greedy_policy"

CHANGES = {"greedy_policy": {".argmax(axis=1)": ".argmax(axis=1) + 1"}}
