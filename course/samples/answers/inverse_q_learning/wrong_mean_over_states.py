"""Takes off the mean over states."""

LOSES = "closed_form_reward"


def closed_form_reward(eta):
    return eta - eta.mean(axis=0)
