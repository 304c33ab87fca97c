"""γ is forgotten."""

LOSES = "action_values"


def action_values(mdp, v):
    return mdp.rewards + mdp.transitions @ v
