"""Returns Y instead of the solution of X r = Y."""

LOSES = "closed_form_reward"


def closed_form_reward(eta):
    n = eta.shape[1]
    return eta - (eta.sum(axis=1, keepdims=True) - eta) / (n - 1)
