"""Leaves out the last step."""

LOSES = "visits"

CHANGES = {"visits": {"in policies:": "in policies[:-1]:"}}
