"""The equations of the notebook, line by line, with loops over states."""

import numpy as np


def soft_backup(mdp, v):
    new = np.zeros(mdp.n_states)
    for s in range(mdp.n_states):
        if not mdp.terminal[s]:
            q = mdp.rewards[s] + mdp.discount * mdp.transitions[s] @ v
            m = max(q)
            new[s] = m + np.log(sum(np.exp(q - m)))
    return new


def soft_policies(mdp, horizon):
    policies = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    v = np.zeros(mdp.n_states)
    for t in range(horizon - 1, -1, -1):
        q = mdp.rewards + mdp.discount * mdp.transitions @ v
        v = soft_backup(mdp, v)
        for s in range(mdp.n_states):
            policies[t, s] = 0 if mdp.terminal[s] else np.exp(q[s] - v[s])
    return policies


def visits(mdp, policies):
    total = np.zeros((mdp.n_states, mdp.n_actions))
    here = mdp.start.copy()
    for t in range(len(policies)):
        after = np.zeros(mdp.n_states)
        for s in range(mdp.n_states):
            if mdp.terminal[s]:
                continue
            for a in range(mdp.n_actions):
                taken = here[s] * policies[t, s, a]
                total[s, a] += mdp.discount**t * taken
                after += taken * mdp.transitions[s, a]
        here = after
    return total


def gradient(mdp, features, observed, theta, horizon):
    reward = np.zeros((mdp.n_states, mdp.n_actions))
    for f in range(len(theta)):
        reward += theta[f] * features[:, :, f]
    world = mdp.with_rewards(reward)
    d = visits(world, soft_policies(world, horizon))
    return np.array([observed[f] - (d * features[:, :, f]).sum() for f in range(len(theta))])
