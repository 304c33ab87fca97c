import subprocess
import sys
import time
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from road import slow_mask

from rl_lib.behaviour.driving import Fleet, NetworkDriver, RandomDriver, drive
from rl_lib.worlds.highway import CHANGE_COST, Highway
from rl_lib.worlds.traffic import Traffic, constraints

sumo = pytest.importorskip("libsumo", reason="SUMO (the extra highway) is not installed")


@pytest.fixture
def env():
    """One simulation a process: each test gives it back."""
    highway = Highway(max_steps=50)
    yield highway
    highway.close()


class Always:
    def __init__(self, action):
        self.action = action

    def act(self, observation, safe):
        return self.action


def test_the_environment_passes_the_checker(env):
    check_env(env, skip_render_check=True)


def test_a_second_is_a_decision_with_the_papers_reward(env):
    observation, info = env.reset(seed=0)
    assert observation.shape == (20,)
    for action in (0, 0, 1, 2, 0):
        before = env.cars[0]
        observation, reward, terminated, truncated, info = env.step(action)
        assert not terminated
        assert not truncated
        assert info["speed"] == env.cars[0, 2]
        cost = CHANGE_COST if action else 0
        assert reward == pytest.approx(1 - abs(info["speed"] - 20) / 20 - cost)
        way = (env.cars[0, 0] - before[0]) % 1000
        assert min(before[2], info["speed"]) - 5 < way < max(before[2], info["speed"]) + 5


def test_the_car_changes_lanes_when_told_whatever_is_there(env):
    env.reset(seed=1)
    rng = np.random.default_rng(0)
    for _ in range(50):
        lane, action = env.cars[0, 1], int(rng.integers(3))
        env.step(action)
        wanted = lane + (0, 1, -1)[action]
        assert env.cars[0, 1] == np.clip(wanted, 0, 2)


def test_a_seed_fixes_the_traffic_and_a_reset_keeps_the_process(env):
    runs = [drive(RandomDriver(0), 120, env=env, seed=seed) for seed in (5, 5, 6)]
    for one, other in zip(runs[0], runs[1], strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(runs[0].observations, runs[2].observations)
    assert runs[0].first.nonzero()[0].tolist() == [0, 50, 100]


def test_the_mask_is_that_of_the_geometry(env):
    rng = np.random.default_rng(2)
    _, info = env.reset(seed=3)
    seen = []
    for _ in range(8):
        for _ in range(50):
            assert info["safe"].tolist() == slow_mask(env.cars)
            seen.append(info["safe"])
            _, _, _, over, info = env.step(int(rng.integers(3)))
        assert over
        _, info = env.reset()
    shares = np.mean(seen, axis=0)
    assert shares[0] == 1
    assert (shares[1:] > 0.02).all()
    assert (shares[1:] < 0.9).all()


def test_the_mask_is_that_of_the_time_of_the_decision(env):
    _, info = env.reset(seed=4)
    rng = np.random.default_rng(0)
    kinds = set()
    for _ in range(8):
        for _ in range(50):
            gap, right = constraints(env.cars)
            action = int(rng.integers(3))
            safe = info["safe"]
            _, _, _, _, info = env.step(action)
            assert (info["violation"] == "") == safe[action]
            if not gap[action]:
                assert info["violation"] == "gap"
            elif not right[action]:
                assert info["violation"] == "keep right"
            kinds.add(info["violation"])
        _, info = env.reset()
    assert kinds == {"", "gap", "keep right"}


def test_whoever_stays_in_the_mask_neither_violates_nor_collides(env):
    told = drive(RandomDriver(1), 6000, env=env, seed=7)
    assert (told.actions > 0).mean() > 0.03
    assert told.n_violations == 0
    assert told.n_collisions == 0


def test_whoever_does_not_does_both_and_nobody_vanishes(env):
    class Reckless:
        def __init__(self):
            self.rng = np.random.default_rng(0)

        def act(self, observation, safe):
            assert safe.all()
            return int(self.rng.integers(3))

    told = drive(Reckless(), 1000, env=env, seed=7, masked=False)
    assert told.n_violations > 100
    assert 0 < told.n_collisions < 500
    env.reset(seed=7)
    n = len(env.cars)
    for _ in range(50):
        env.step(int(np.random.default_rng(1).integers(1, 3)))
        assert len(env.cars) == n


def test_two_processes_drive_as_one_does(env):
    with Fleet(2, max_steps=50) as fleet:
        both = fleet.drive(Always(0), 60, [1, 2])
    for seed, told in zip((1, 2), both, strict=True):
        alone = drive(Always(0), 60, env=env, seed=seed)
        np.testing.assert_array_equal(alone.observations, told.observations)
        np.testing.assert_array_equal(alone.speeds, told.speeds)


def test_a_second_highway_in_a_process_is_refused(env):
    env.reset(seed=0)
    with pytest.raises(RuntimeError, match="one simulation in a process"):
        Highway()
    env.step(0)
    env.close()
    env.close()
    other = Highway()
    other.reset(seed=0)
    with pytest.raises(RuntimeError, match="one simulation"):
        Highway()
    other.close()


def test_a_forgotten_highway_does_not_stand_in_the_way():
    forgotten = Highway()
    forgotten.reset(seed=0)
    del forgotten
    again = Highway()
    again.reset(seed=0)
    again.step(0)
    again.close()


def test_a_closed_highway_says_so(env):
    env.reset(seed=0)
    env.close()
    with pytest.raises(RuntimeError, match="closed"):
        env.reset()


def test_after_its_death_a_simulation_is_started_again(env):
    first, _ = env.reset(seed=0)
    sumo.close()
    with pytest.raises(RuntimeError, match=r"has died .* reset\(\) starts it again"):
        env.step(0)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    again, _ = env.reset(seed=0)
    np.testing.assert_array_equal(first, again)
    sumo.vehicle.remove("own")
    with pytest.raises(RuntimeError, match="has died"):
        env.step(0)
    again, _ = env.reset(seed=0)
    np.testing.assert_array_equal(first, again)


def test_a_process_that_dies_is_told_and_leaves_none_behind():
    from concurrent.futures.process import BrokenProcessPool

    with Fleet(1) as fleet, pytest.raises(BrokenProcessPool):
        fleet.drive(Deadly(), 10, [0])


class Deadly:
    def act(self, observation, safe):
        import os

        os._exit(3)


def test_odd_actions_and_drivers(env):
    env.reset(seed=0)
    with pytest.raises(ValueError, match="action is 3; it must be in"):
        env.step(3)
    with pytest.raises(TypeError, match=r"action is 0\.5"):
        env.step(0.5)
    zero = NetworkDriver(((np.zeros((20, 3), np.float32), np.zeros(3, np.float32)),))
    with pytest.raises(ValueError, match="at least one action must be safe"):
        zero.act(np.zeros(20, np.float32), np.zeros(3, dtype=bool))
    with pytest.raises(ValueError, match="max_steps is 0"):
        Highway(max_steps=0)
    with pytest.raises(ValueError, match=r"traffic\.n_cars\[1\] is 5; it must be in {10, …, 90}"):
        Highway(traffic=Traffic((10, 5)))
    with pytest.raises(ValueError, match=r"traffic\.speeds\[0\] is -1"):
        Highway(traffic=Traffic((10, 15), (-1, 5)))
    with pytest.raises(ValueError, match="render_mode is 'human'"):
        Highway(render_mode="human")


def test_the_road_as_text(env):
    env.render_mode = "ansi"
    env.reset(seed=0)
    rows = env.render().split("\n")
    assert len(rows) == 3
    assert {len(row) for row in rows} == {41}
    lane = int(env.cars[0, 1])
    assert rows[2 - lane][20] == "@"


def test_no_process_outlives_its_parent():
    code = (
        "import os, signal\n"
        "from rl_lib.behaviour.driving import Fleet, RandomDriver\n"
        "if __name__ == '__main__':\n"
        "    fleet = Fleet(1)\n"
        "    fleet.drive(RandomDriver(), 2, [0])\n"
        "    print(*fleet._pool._processes, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    (child,) = map(int, done.stdout.split())
    for _ in range(200):
        if not Path(f"/proc/{child}").exists():
            return
        time.sleep(0.05)
    pytest.fail(f"process {child} is still there")
