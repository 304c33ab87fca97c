"""The reward is discounted, too."""

LOSES = "q_update"

CHANGES = {
    "q_update": {
        "reward if terminated else reward + gamma * q[next_state].max()": "gamma * (reward + (0 if terminated else q[next_state].max()))",
    }
}
