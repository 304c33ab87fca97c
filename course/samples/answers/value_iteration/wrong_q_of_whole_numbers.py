"""Action values as whole numbers."""

LOSES = "action_values"

CHANGES = {
    "action_values": {
        "return mdp.rewards + mdp.discount * (mdp.transitions @ v)": (
            "return (mdp.rewards + mdp.discount * (mdp.transitions @ v)).astype(int)"
        ),
    }
}
