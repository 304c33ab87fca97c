"""Asks the library."""

LOSES = "action_values"


def action_values(mdp, v):
    return mdp.action_values(v)
