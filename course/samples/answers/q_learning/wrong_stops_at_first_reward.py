"""Ends an episode at the first reward."""

LOSES = "q_learning"

CHANGES = {
    "q_learning": {
        "over = terminated or truncated": "over = reward != 0 or terminated or truncated"
    }
}
