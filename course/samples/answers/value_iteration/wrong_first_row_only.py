"""Returns the action values of the first state."""

LOSES = "action_values"

CHANGES = {
    "action_values": {
        "return mdp.rewards + mdp.discount * (mdp.transitions @ v)": "return (mdp.rewards + mdp.discount * (mdp.transitions @ v))[0]",
    }
}
