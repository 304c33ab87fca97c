"""The same seed in each episode."""

LOSES = "q_learning"

CHANGES = {"q_learning": {"env.reset()": "env.reset(seed=0)"}}
