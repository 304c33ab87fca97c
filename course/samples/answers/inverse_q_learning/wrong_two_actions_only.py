"""The formula for two actions, whatever their number."""

LOSES = "closed_form_reward"


def closed_form_reward(eta):
    return (eta - eta[:, ::-1]) / 2
