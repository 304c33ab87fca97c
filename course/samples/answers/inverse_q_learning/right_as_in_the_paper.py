"""Solves the linear system of each state by least squares, sweep after sweep."""

import numpy as np


def eta(policy, q_shifted):
    e = np.zeros(policy.shape)
    for s in range(len(e)):
        for a in range(len(e[s])):
            e[s, a] = np.log(policy[s, a]) - q_shifted[s, a]
    return e


def closed_form_reward(eta):
    n = eta.shape[1]
    x = np.eye(n) - (1 - np.eye(n)) / (n - 1)
    reward = np.zeros(eta.shape)
    for s in range(len(eta)):
        y = [eta[s, a] - sum(np.delete(eta[s], a)) / (n - 1) for a in range(n)]
        reward[s] = np.linalg.lstsq(x, np.array(y), rcond=1e-10)[0]
    return reward


def iavi(mdp, policy):
    q = np.zeros(policy.shape)
    delta = 1.0
    while delta > 1e-10:
        follows = mdp.discount * (mdp.transitions @ q.max(axis=1))
        reward = closed_form_reward(eta(policy, follows))
        delta = np.abs(reward + follows - q).max()
        q = reward + follows
    return reward


def iql_update(
    q,
    q_shifted,
    reward,
    counts,
    state,
    action,
    next_state,
    terminated,
    alpha,
    alpha_r,
    gamma,
    smoothing,
):
    q, q_shifted, reward, counts = q.copy(), q_shifted.copy(), reward.copy(), counts.copy()
    n = q.shape[1]
    counts[state, action] += 1
    policy = (counts + smoothing) / (counts + smoothing).sum(axis=1)[:, None]
    best = 0 if terminated else q[next_state].max()
    q_shifted[state, action] = (1 - alpha) * q_shifted[state, action] + alpha * gamma * best
    e = eta(policy, q_shifted)
    others = 0
    for b in range(n):
        if b != action:
            others += reward[state, b] - e[state, b]
    target = e[state, action] + others / (n - 1)
    reward[state, action] = (1 - alpha_r) * reward[state, action] + alpha_r * target
    target = reward[state, action] + gamma * best
    q[state, action] = (1 - alpha) * q[state, action] + alpha * target
    return q, q_shifted, reward, counts
