"""The rules of the road, which need no SUMO."""

import subprocess
import sys

import numpy as np
import pytest
from road import slow_mask

from rl_lib.worlds import _sumo
from rl_lib.worlds.highway import Highway
from rl_lib.worlds.traffic import features, safe_actions


def test_the_mask_is_that_of_the_geometry():
    rng, seen = np.random.default_rng(2), []
    for _ in range(3000):
        n = rng.integers(1, 25)
        cars = np.column_stack(
            (rng.uniform(0, 1000, n), rng.integers(0, 3, n), rng.uniform(0, 20, n))
        )
        seen.append(safe_actions(cars))
        assert seen[-1].tolist() == slow_mask(cars)
    shares = np.mean(seen, axis=0)
    assert shares[0] == 1
    assert (shares[1:] > 0.05).all()
    assert (shares[1:] < 0.9).all()


def test_what_the_driver_sees():
    """Five cars at places worked out by hand; the sixth is beyond sight."""
    cars = [
        (990, 1, 15), (40, 1, 10), (950, 1, 20), (10, 2, 15), (990, 0, 12), (930, 0, 18),
        (500, 2, 0),
    ]  # fmt: skip
    angle = np.arctan2(3.2, 20) / np.pi
    far = np.arctan2(3.2, -100) / np.pi
    expected = [
        *(0.2, 0, angle), *(-1, 0, far), *(0.5, -0.25, 0), *(-0.4, 0.25, 1),
        *(0, -0.15, -0.5), *(-0.6, 0.15, -np.arctan2(3.2, -60) / np.pi), 0.75, 0,
    ]  # fmt: skip
    np.testing.assert_allclose(features(cars), expected, atol=1e-6)
    wall = features([(0, 2, 10)])
    np.testing.assert_allclose(wall[:6], [0, 0, 0.5, 0, 0, 0.5])
    assert wall[19] == 1


@pytest.mark.parametrize(
    ("cars", "message"),
    [
        ([1, 2, 3], r"cars has shape \(3,\); it must have shape \(n, 3\)"),
        ([(0, 3, 1)], r"they must be 0, 1 or 2"),
        ([(0, np.nan, 1)], r"cars\[0, 1\] is nan"),
    ],
)
def test_odd_cars(cars, message):
    with pytest.raises(ValueError, match=message):
        features(cars)


def test_without_sumo_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "libsumo", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "inverse-q-learning\[highway\]"'):
        Highway()
    assert _sumo._holder() is None


def test_the_library_and_the_rules_need_no_sumo():
    code = (
        "import sys; sys.modules['libsumo'] = None; import rl_lib\n"
        "from rl_lib.worlds.traffic import safe_actions\n"
        "from rl_lib.behaviour.driving import NetworkDriver\n"
        "print(safe_actions([(0, 1, 20)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[ True False  True]"
