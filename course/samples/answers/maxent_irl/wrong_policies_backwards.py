"""Uses the policies backwards."""

LOSES = "visits"

CHANGES = {"visits": {"in policies:": "in policies[::-1]:"}}
