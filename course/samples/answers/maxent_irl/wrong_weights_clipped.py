"""Cuts negative weights off."""

LOSES = "gradient"

CHANGES = {"gradient": {"features @ theta": "features @ np.maximum(theta, 0)"}}
