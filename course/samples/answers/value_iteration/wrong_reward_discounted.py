"""The reward of this step is discounted too."""

LOSES = "action_values"


def action_values(mdp, v):
    return mdp.discount * (mdp.rewards + mdp.transitions @ v)
