"""argmin instead of argmax."""

LOSES = "greedy_policy"


def greedy_policy(mdp, v):
    return action_values(mdp, v).argmin(axis=1)
