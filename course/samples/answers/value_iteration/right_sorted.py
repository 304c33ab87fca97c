"""The policy by sorting."""


def greedy_policy(mdp, v):
    return action_values(mdp, v).argsort(axis=1)[:, -1]
