import os
import shutil
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

matplotlib.use("agg")
# The first call of a compiled function takes seconds; no test is judged by its speed.
settings.register_profile("course", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("course")


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


@pytest.fixture(scope="session")
def bubblewrap():
    """Skip where students' code cannot be shut in; on the machine that decides, fail."""
    if shutil.which("bwrap") is None:
        if os.environ.get("CI"):
            pytest.fail("bubblewrap is missing")
        pytest.skip("bubblewrap is missing")


@pytest.fixture(scope="session")
def recordings():
    """The folder with the published recordings; they are not part of the project."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RL_LIB_DATA") or beside)
    if not folder.is_dir():
        pytest.skip("there are no recordings here; RL_LIB_DATA names no folder")
    return folder
