"""Discounts v in place, and so changes what the caller still needs."""

LOSES = "action_values"


def action_values(mdp, v):
    v *= mdp.discount
    return mdp.rewards + mdp.transitions @ v
