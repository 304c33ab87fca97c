"""Uses the grid of the notebook whatever model it is given."""

LOSES = "action_values"


def action_values(mdp, v):
    return grid.mdp.rewards + grid.mdp.discount * (grid.mdp.transitions @ v)  # noqa: F821
