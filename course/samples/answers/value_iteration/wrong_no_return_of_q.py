"""Prints q instead of returning it."""

LOSES = "action_values"


def action_values(mdp, v):
    q = mdp.rewards + mdp.discount * (mdp.transitions @ v)
    print(q)
