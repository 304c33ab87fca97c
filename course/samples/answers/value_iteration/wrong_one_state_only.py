"""Returns the action of the first state."""

LOSES = "greedy_policy"


def greedy_policy(mdp, v):
    return int(action_values(mdp, v)[0].argmax())
