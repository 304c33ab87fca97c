"""Takes off the mean of the whole table."""

LOSES = "closed_form_reward"


def closed_form_reward(eta):
    return eta - eta.mean()
