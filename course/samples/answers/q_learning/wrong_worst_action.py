"""The worst action instead of the best."""

LOSES = "epsilon_greedy"

CHANGES = {"epsilon_greedy": {"q[state].max()": "q[state].min()"}}
