"""Counts each step twice."""

LOSES = "iql_update"

CHANGES = {"iql_update": {"+= 1": "+= 2"}}
