"""One episode less than asked for."""

LOSES = "q_learning"

CHANGES = {"q_learning": {"range(episodes)": "range(1, episodes)"}}
