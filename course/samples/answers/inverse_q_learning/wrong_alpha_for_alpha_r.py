"""α in the place of α_r."""

LOSES = "iql_update"

CHANGES = {"iql_update": {"+= alpha_r": "+= alpha"}}
