"""Returns how good the best action is, not which one it is."""

LOSES = "greedy_policy"


def greedy_policy(mdp, v):
    return action_values(mdp, v).max(axis=1)
