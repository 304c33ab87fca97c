"""The mean over steps instead of the sum."""

LOSES = "visits"

CHANGES = {"visits": {"return total": "return total / len(policies)"}}
