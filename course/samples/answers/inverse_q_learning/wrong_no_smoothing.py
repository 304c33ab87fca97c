"""Counts without smoothing: the logarithm of 0 for actions never seen."""

LOSES = "iql_update"
CHANGES = {
    "iql_update": {
        "smooth = counts + smoothing": "smooth = counts",
        "eta(smooth / smooth.sum(axis=1, keepdims=True), q_shifted)[state]": (
            "np.log(smooth[state] / smooth[state].sum()) - q_shifted[state]"
        ),
    }
}
