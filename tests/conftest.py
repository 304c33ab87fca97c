import os

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")


def pytest_collection_modifyitems(items):
    if os.environ.get("SLOW"):
        return
    skip = pytest.mark.skip(reason="slow; set SLOW=1 to run it")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def rng():
    return np.random.default_rng(20230926)
