"""Plain lists in and out."""


def action_values(mdp, v):
    p, r = mdp.transitions.tolist(), mdp.rewards.tolist()
    return [
        [
            r[s][a] + mdp.discount * sum(p[s][a][t] * v[t] for t in range(len(v)))
            for a in range(len(r[s]))
        ]
        for s in range(len(r))
    ]


def value_iteration(mdp, theta):
    v = [0.0 for _ in range(mdp.n_states)]
    while True:
        q = action_values(mdp, v)
        new = [max(row) for row in q]
        delta = max(abs(a - b) for a, b in zip(v, new, strict=True))
        v = new
        if delta < theta:
            return v


def greedy_policy(mdp, v):
    return [row.index(max(row)) for row in action_values(mdp, v)]
