"""Returns the table of rewards only."""

LOSES = "iql_update"
CHANGES = {"iql_update": {"return q, q_shifted, reward, counts": "return reward"}}
