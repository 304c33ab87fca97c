"""Lets exits act, because nothing follows, and clears their rows at the end."""

import numpy as np


def visits(mdp, policies):
    total, p = 0, mdp.start
    for policy in np.asarray(policies):
        taken = p[:, None] * policy
        total = total + taken
        p = mdp.discount * np.tensordot(taken, mdp.transitions, 2)
    total[mdp.terminal] = 0
    return total.tolist()
