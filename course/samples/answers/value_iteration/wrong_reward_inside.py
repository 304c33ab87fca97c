"""Puts the reward inside the sum over s'."""

LOSES = "action_values"

CHANGES = {
    "action_values": {
        "mdp.rewards + mdp.discount * (mdp.transitions @ v)": (
            "(mdp.transitions * (mdp.rewards[:, :, None] + mdp.discount * v)).sum(axis=2)"
        ),
    }
}
