"""Takes off the largest η, so that the best action pays 0."""

LOSES = "closed_form_reward"


def closed_form_reward(eta):
    return eta - eta.max(axis=1, keepdims=True)
