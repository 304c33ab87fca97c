"""Takes off the sum instead of the mean."""

LOSES = "closed_form_reward"

CHANGES = {
    "closed_form_reward": {"eta.mean(axis=1, keepdims=True)": "eta.sum(axis=1, keepdims=True)"}
}
