"""Moves away from the target."""

LOSES = "q_update"

CHANGES = {"q_update": {"+= alpha": "-= alpha"}}
