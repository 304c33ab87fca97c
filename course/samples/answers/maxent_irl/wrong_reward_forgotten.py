"""The backup forgets the reward."""

LOSES = "soft_backup"

CHANGES = {"soft_backup": {"mdp.rewards + ": ""}}
