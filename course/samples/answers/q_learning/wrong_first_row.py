"""Looks at the first row, whatever the state."""

LOSES = "epsilon_greedy"

CHANGES = {"epsilon_greedy": {"q[state] == q[state].max()": "q[0] == q[0].max()"}}
