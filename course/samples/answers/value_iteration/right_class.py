"""An object that sweeps."""

import numpy as np


class Sweeper:
    def __init__(self, mdp):
        self.mdp, self.v = mdp, np.zeros(mdp.n_states)

    def sweep(self):
        old, self.v = self.v, action_values(self.mdp, self.v).max(axis=1)
        return np.max(np.abs(self.v - old))


def value_iteration(mdp, theta):
    sweeper = Sweeper(mdp)
    while sweeper.sweep() >= theta:
        pass
    return sweeper.v
