"""Hands ε over as a percentage."""

LOSES = "q_learning"

CHANGES = {"q_learning": {"state, epsilon, rng": "state, epsilon / 100, rng"}}
