"""Action values in single precision."""

LOSES = "action_values"

CHANGES = {
    "action_values": {
        "return mdp.rewards + mdp.discount * (mdp.transitions @ v)": (
            "return (mdp.rewards + mdp.discount * (mdp.transitions @ v)).astype(np.float32)"
        ),
    }
}
