"""The policy looks at the reward only."""

LOSES = "soft_policies"

CHANGES = {"soft_policies": {" + mdp.discount * (mdp.transitions @ v)": ""}}
