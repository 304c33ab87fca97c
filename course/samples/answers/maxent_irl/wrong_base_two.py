"""Logarithms to base 2."""

LOSES = "soft_backup"

CHANGES = {"soft_backup": {"np.log(": "np.log2("}}
