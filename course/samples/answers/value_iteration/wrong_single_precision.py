"""Values in single precision."""

LOSES = "value_iteration"

CHANGES = {
    "value_iteration": {
        "np.zeros(mdp.transitions.shape[0])": "np.zeros(mdp.transitions.shape[0], dtype=np.float32)"
    }
}
