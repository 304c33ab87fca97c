"""Takes the largest out state by state."""

import math


def soft_backup(mdp, v):
    new = []
    for s in range(mdp.n_states):
        q = [
            float(mdp.rewards[s, a] + mdp.discount * (mdp.transitions[s, a] @ v))
            for a in range(mdp.n_actions)
        ]
        top = max(q)
        soft = top + math.log(sum(math.exp(x - top) for x in q))
        new.append(0.0 if mdp.terminal[s] else soft)
    return new
