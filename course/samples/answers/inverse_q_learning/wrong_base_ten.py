"""Logarithms to base 10."""

LOSES = "eta"

CHANGES = {"eta": {"np.log(": "np.log10("}}
