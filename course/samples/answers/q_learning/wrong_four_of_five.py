"""`env.step()` as it once was."""

LOSES = "q_learning"

CHANGES = {
    "q_learning": {
        "next_state, reward, terminated, truncated, _ = env.step(action)": "next_state, reward, terminated, truncated = env.step(action)",
    }
}
