"""Plain lists of lists, and a list of four tables returned."""

import math


def eta(policy, q_shifted):
    return [[math.log(p) - f for p, f in zip(*rows)] for rows in zip(policy, q_shifted)]


def closed_form_reward(eta):
    return [[x - sum(row) / len(row) for x in row] for row in eta]


def iavi(mdp, policy):
    n, m = policy.shape
    q = [[0.0] * m for _ in range(n)]
    for _ in range(600):
        v = [max(row) for row in q]
        follows = mdp.discount * (mdp.transitions @ v)
        reward = closed_form_reward(eta(policy, follows))
        q = [[r + f for r, f in zip(*rows)] for rows in zip(reward, follows)]
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
    tables = [[list(row) for row in table] for table in (q, q_shifted, reward, counts)]
    q, q_shifted, reward, counts = tables
    counts[state][action] += 1
    total = sum(n + smoothing for n in counts[state])
    ahead = 0.0 if terminated else gamma * max(q[next_state])
    q_shifted[state][action] += alpha * (ahead - q_shifted[state][action])
    e = [math.log((n + smoothing) / total) - f for n, f in zip(counts[state], q_shifted[state])]
    gaps = [r - x for b, (r, x) in enumerate(zip(reward[state], e)) if b != action]
    target = e[action] + sum(gaps) / len(gaps)
    reward[state][action] += alpha_r * (target - reward[state][action])
    q[state][action] += alpha * (reward[state][action] + ahead - q[state][action])
    return tables
