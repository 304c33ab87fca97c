"""`env.reset()` as it once was."""

LOSES = "q_learning"

CHANGES = {"q_learning": {"state, _ = env.reset()": "state = env.reset()"}}
