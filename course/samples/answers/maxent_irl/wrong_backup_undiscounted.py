"""The backup forgets γ."""

LOSES = "soft_backup"

CHANGES = {"soft_backup": {"mdp.discount * (mdp.transitions @ v)": "mdp.transitions @ v"}}
