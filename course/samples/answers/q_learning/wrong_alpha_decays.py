"""α shrinks from episode to episode."""

LOSES = "q_learning"

CHANGES = {
    "q_learning": {
        "for _ in range(episodes)": "for episode in range(episodes)",
        "terminated, alpha, gamma": "terminated, alpha / (episode + 1), gamma",
    }
}
