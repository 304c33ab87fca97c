"""Undiscounted steps, weighted at the end."""

import numpy as np


def visits(mdp, policies):
    here, steps = np.array(mdp.start), []
    for policy in policies:
        taken = here[:, None] * policy * ~mdp.terminal[:, None]
        steps.append(taken)
        here = np.tensordot(taken, mdp.transitions, axes=2)
    weights = mdp.discount ** np.arange(len(policies))
    return np.tensordot(weights, np.array(steps), axes=1)
