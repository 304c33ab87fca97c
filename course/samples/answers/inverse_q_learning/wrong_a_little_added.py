"""Adds 1e-8 to every probability."""

LOSES = "eta"

CHANGES = {"eta": {"np.log(policy)": "np.log(policy + 1e-8)"}}
