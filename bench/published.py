"""An algorithm as its paper has it, to compare ours with."""

import numpy as np


def sweep_of_least_squares(mdp, policy, tol, max_sweeps=10_000):
    """Inverse action-value iteration as its paper has it: a linear system for each state, swept.

    Returns the reward, Q, the last largest change, and the number of sweeps (Kalweit et al. 2020,
    algorithm 1), independently of `rl_lib.iavi`.
    """
    n, m = policy.shape
    p = mdp.to_dense().transitions
    x = np.full((m, m), -1 / (m - 1))
    np.fill_diagonal(x, 1)
    reward, q = np.zeros((n, m)), np.zeros((n, m))
    for sweep in range(1, max_sweeps + 1):  # noqa: B007
        change = 0.0
        for s in range(n):
            follows = mdp.discount * (p[s] @ q.max(axis=1))
            eta = np.log(policy[s]) - follows
            y = np.array([eta[a] - np.delete(eta, a).mean() for a in range(m)])
            reward[s] = np.linalg.lstsq(x, y, rcond=None)[0]
            new = reward[s] + follows
            change = max(change, np.abs(new - q[s]).max())
            q[s] = new
        if change < tol:
            break
    return reward, q, change, sweep
