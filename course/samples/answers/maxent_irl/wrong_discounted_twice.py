"""Discounts twice."""

LOSES = "visits"

CHANGES = {"visits": {"mdp.discount *": "mdp.discount**2 *"}}
