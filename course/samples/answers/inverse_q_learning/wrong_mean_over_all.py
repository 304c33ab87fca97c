"""Repairs the ending and still averages over all actions."""

LOSES = "iql_update"
CHANGES = {
    "iql_update": {"np.delete(reward[state] - of_state, action)": "reward[state] - of_state"}
}
