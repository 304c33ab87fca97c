"""ε counts as a percentage."""

LOSES = "epsilon_greedy"

CHANGES = {"epsilon_greedy": {"< epsilon": "< epsilon / 100"}}
