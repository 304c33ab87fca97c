"""The reward is forgotten."""

LOSES = "action_values"

CHANGES = {"action_values": {"mdp.rewards + ": ""}}
