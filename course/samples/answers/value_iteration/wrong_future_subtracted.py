"""Takes off what follows."""

LOSES = "action_values"

CHANGES = {"action_values": {"mdp.rewards + ": "mdp.rewards - "}}
