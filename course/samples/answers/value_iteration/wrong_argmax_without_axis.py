"""argmax over the whole table."""

LOSES = "greedy_policy"

CHANGES = {"greedy_policy": {".argmax(axis=1)": ".argmax()"}}
