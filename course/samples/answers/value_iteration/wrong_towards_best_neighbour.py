"""Goes where the most likely next state is best, forgetting rewards and slips."""

LOSES = "greedy_policy"


def greedy_policy(mdp, v):
    return v[mdp.transitions.argmax(axis=2)].argmax(axis=1)
