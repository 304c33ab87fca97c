"""argmax over states instead of actions."""

LOSES = "greedy_policy"


def greedy_policy(mdp, v):
    return action_values(mdp, v).argmax(axis=0)
