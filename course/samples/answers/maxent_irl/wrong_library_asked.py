"""Asks the library for its soft maximum."""

from rl_lib.planning._soft import soft_maximum

LOSES = "soft_backup"


def soft_backup(mdp, v):
    q = mdp.rewards + mdp.discount * mdp.transitions @ v
    return soft_maximum(q, 1.0, mdp.terminal)[0]
