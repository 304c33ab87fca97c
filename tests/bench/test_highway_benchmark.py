"""The stored results are those of the code: small, and in part made again."""

import hashlib
import json

import numpy as np
import pytest

from bench.highway import EXPERT, FILM, RESULTS, RUNS, SIZES, checked_slice, kinds, stored_expert
from rl_lib.behaviour.driving import Drives
from rl_lib.worlds.traffic import safe_actions

STORED = json.loads(RESULTS.read_text("utf8"))


def test_the_files_are_small_and_the_expert_is_the_one_of_the_table():
    assert sum(path.stat().st_size for path in (RESULTS, EXPERT, FILM)) < 1_000_000
    assert EXPERT.stat().st_size < 50_000
    assert STORED["training"]["sha256"] == hashlib.sha256(EXPERT.read_bytes()).hexdigest()


def test_a_short_drive_comes_out_again():
    pytest.importorskip("libsumo", reason="SUMO (the extra highway) is not installed")
    again = checked_slice()
    assert again["actions"] == STORED["check"]["actions"]
    assert again["speed"] == pytest.approx(STORED["check"]["speed"], rel=1e-9)
    assert again["violations"] == STORED["check"]["violations"]


def test_what_was_to_be_reached():
    expert, curve = STORED["drivers"]["expert"], STORED["curve"]
    assert len(expert["speed"]) == RUNS
    assert np.mean(expert["speed"]) >= 17
    assert min(expert["violations"]) >= 50
    assert np.mean(curve["DCIQL"][-1]["speed"]) >= 0.95 * np.mean(expert["speed"])
    assert min(curve["DIQL"][-1]["violations"]) > 0
    assert sum(curve["DIQL"][-1]["collisions"]) > 0
    for rows in curve["DCIQL"]:
        assert rows["violations"] == [0] * RUNS
        assert rows["collisions"] == [0] * RUNS
    assert STORED["sizes"] == list(SIZES)


def test_the_film_shows_the_masks_of_its_own_geometry():
    """But for the rounding of positions to a decimetre, which may tip a mask now and then."""
    film = np.load(FILM)
    for name in ("expert", "DCIQL"):
        same = [
            np.array_equal(safe_actions(cars), safe)
            for cars, safe in zip(film[f"{name}_cars"], film[f"{name}_safe"], strict=True)
        ]
        assert np.mean(same) > 0.9
    actions = film["DCIQL_actions"]
    assert film["DCIQL_safe"][np.arange(len(actions)), actions].all()


def test_the_kinds_of_a_violation():
    n = 5
    lane = np.zeros((n, 20), dtype=np.float32)
    lane[:, 19] = [1, 1, 0, 0, -1]
    told = Drives(
        lane, np.ones((n, 3), bool), np.array([1, 0, 2, 1, 1]), np.zeros(n), lane,
        np.ones((n, 3), bool), np.zeros(n), np.array([1, 0, 1, 2, 0]), np.zeros(n, bool),
        np.zeros(n, bool),
    )  # fmt: skip
    assert kinds(told) == [1, 1, 1, 1]


def test_the_stored_expert_is_a_driver():
    expert = stored_expert()
    assert expert.q(np.zeros((4, 20))).shape == (4, 3)
    assert expert.act(np.zeros(20, np.float32), np.array([False, False, True])) == 2
