"""Compiled training of deep inverse Q-learning, beside the same updates one by one.

One update is the same jitted function both times: in `diql` a scan runs through thousands of them
on the device, and in the peer a Python loop calls it once an update and hands it the minibatch, as
most code does. Then five seeds side by side, beside one. Compilation stands apart.

    python -m bench.training
"""

from pathlib import Path

RESULTS = Path(__file__).parent / "training.json"
UPDATES, REPEAT, SEEDS, DISCOUNT, A = 2000, 5, 5, 0.9, 5
