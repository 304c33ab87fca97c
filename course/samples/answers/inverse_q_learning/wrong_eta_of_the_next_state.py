"""η of the state in which it arrived."""

LOSES = "iql_update"
CHANGES = {"iql_update": {"q_shifted)[state]\n": "q_shifted)[next_state]\n"}}
