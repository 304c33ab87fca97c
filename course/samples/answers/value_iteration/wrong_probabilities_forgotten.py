"""Adds up the values of all next states, without probabilities."""

LOSES = "action_values"

CHANGES = {"action_values": {"(mdp.transitions @ v)": "((mdp.transitions > 0) @ v)"}}
