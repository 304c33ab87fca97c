"""The smallest action value instead of the largest."""

LOSES = "value_iteration"

CHANGES = {"value_iteration": {"[s].max()": "[s].min()"}}
