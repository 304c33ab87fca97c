"""One array of four tables."""

import numpy as np


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
    tables = np.array([q, q_shifted, reward, counts], dtype=float)
    s, a = state, action
    follows = 0 if terminated else gamma * max(q[next_state])
    tables[3, s, a] += 1
    tables[1, s, a] = (1 - alpha) * tables[1, s, a] + alpha * follows
    policy = (tables[3] + smoothing) / (tables[3] + smoothing).sum(axis=1)[:, None]
    e = eta(policy, tables[1])[s]
    others = [tables[2, s, b] - e[b] for b in range(len(e)) if b != a]
    target = e[a] + sum(others) / len(others)
    tables[2, s, a] = (1 - alpha_r) * tables[2, s, a] + alpha_r * target
    tables[0, s, a] = (1 - alpha) * tables[0, s, a] + alpha * (tables[2, s, a] + follows)
    return tuple(tables)
