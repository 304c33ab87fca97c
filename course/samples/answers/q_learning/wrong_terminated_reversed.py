"""Turns `terminated` round."""

LOSES = "q_update"

CHANGES = {"q_update": {"if terminated else": "if not terminated else"}}
