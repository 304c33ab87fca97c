"""Divides by n − 1."""

LOSES = "closed_form_reward"

CHANGES = {
    "closed_form_reward": {
        "eta.mean(axis=1, keepdims=True)": "eta.sum(axis=1, keepdims=True) / (eta.shape[1] - 1)"
    }
}
