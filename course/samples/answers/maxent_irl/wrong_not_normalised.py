"""Weights that are not divided by their sum."""

LOSES = "soft_policies"

CHANGES = {"soft_policies": {"weights / weights.sum(axis=1, keepdims=True)": "weights"}}
