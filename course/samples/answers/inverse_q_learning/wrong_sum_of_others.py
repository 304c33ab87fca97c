"""The sum over the others instead of the mean."""

LOSES = "iql_update"

CHANGES = {"iql_update": {"others.mean()": "others.sum()"}}
