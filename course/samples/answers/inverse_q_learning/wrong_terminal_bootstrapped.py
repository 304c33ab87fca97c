"""Repairs the mean and still looks beyond the end of a trial."""

LOSES = "iql_update"
CHANGES = {"iql_update": {"0.0 if terminated else gamma": "gamma"}}
