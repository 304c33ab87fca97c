"""What follows is forgotten."""

LOSES = "action_values"

CHANGES = {
    "action_values": {
        "return mdp.rewards + mdp.discount * (mdp.transitions @ v)": "return mdp.rewards * 1.0"
    }
}
