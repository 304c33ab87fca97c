"""One SUMO simulation in this process: a ring of random traffic, started, reloaded and closed.

libsumo keeps its simulation in global variables. A second `start` silently replaces the first,
and so this module lends it to one holder at a time. Between episodes it is reloaded: a saved
state leaks when it is restored.
"""

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rl_lib.worlds.traffic import DESIRED_SPEED, LANES, ROAD, Car, Traffic

NETWORK = Path(__file__).with_name("highway.net.xml")
STEPS = 2
"""Steps of the simulation in a second: one decision."""
OWN = "own"
_EDGES = ("east", "west")
_NO_CHANGES = 0
"""Lane-change mode in which SUMO neither changes lanes itself nor refuses what it is told."""
_holder: Callable[[], Any] = lambda: None  # noqa: E731


def libsumo() -> Any:
    """The module, or an error that names the extra."""
    try:
        import libsumo
    except ImportError as missing:
        raise ModuleNotFoundError(
            f"SUMO cannot be loaded ({missing}); the highway needs: "
            'pip install "inverse-q-learning[highway]"'
        ) from None
    return libsumo


class Simulation:
    """The simulation of this process, held until `close`."""

    def __init__(self) -> None:
        global _holder
        self._sumo = libsumo()
        self.deaths = self._sumo.TraCIException, self._sumo.FatalTraCIError
        if _holder() is not None:
            raise RuntimeError(
                "there is already a highway in this process, and SUMO can run one simulation in "
                "a process: close() the first, or make the second one in a process of its own"
            )
        _holder = weakref.ref(self)

    def close(self) -> None:
        """End the simulation; another one may be made."""
        global _holder
        if _holder() is self:
            self.stop()
            _holder = lambda: None  # noqa: E731

    def stop(self) -> None:
        """End the simulation, but hold on to the place."""
        if self._sumo.isLoaded():
            self._sumo.close()

    def load(self, traffic: Traffic, rng: np.random.Generator, laps: int) -> list[Car]:
        """New traffic; returns the cars as they stand."""
        sumo = self._sumo
        options = [
            "--net-file", str(NETWORK), "--step-length", str(1 / STEPS),
            "--seed", str(rng.integers(2**31 - 1)), "--default.speeddev", "0",
            "--collision.action", "warn", "--collision.mingap-factor", "0",
            "--time-to-teleport", "-1", "--no-step-log", "--no-warnings", "--duration-log.disable",
        ]  # fmt: skip
        if sumo.isLoaded():
            sumo.load(options)
        else:
            sumo.start(["sumo", *options])
        for first, edge in enumerate(_EDGES):
            sumo.route.add(edge, [_EDGES[first], _EDGES[1 - first]] * laps)
        n = int(rng.integers(traffic.n_cars[0], traffic.n_cars[1] + 1)) + 1
        lanes = rng.permutation(np.arange(n) % LANES)
        speeds = rng.uniform(*traffic.speeds, size=n)
        places = np.empty(n)
        for lane in range(LANES):
            inside = np.flatnonzero(lanes == lane)
            spacing = ROAD / len(inside)
            jitter = rng.uniform(0, max(0.0, spacing - 25), len(inside))
            places[inside] = (
                np.arange(len(inside)) * spacing + jitter + rng.uniform(0, ROAD)
            ) % ROAD
        for car in range(n):
            name = OWN if car == 0 else str(car)
            half, place = divmod(float(places[car]), ROAD / 2)
            sumo.vehicle.add(
                name, _EDGES[int(half)], departLane=str(lanes[car]), departPos=f"{place:.2f}",
                departSpeed=f"{traffic.speeds[0]:g}",
            )  # fmt: skip
            sumo.vehicle.setMaxSpeed(name, float(speeds[car]))
            # Slow cars in every lane: else the leftmost is free, and there is nothing to learn.
            sumo.vehicle.setParameter(name, "laneChangeModel.lcKeepRight", "0")
        sumo.vehicle.setMaxSpeed(OWN, DESIRED_SPEED)
        sumo.vehicle.setImperfection(OWN, 0.0)
        sumo.vehicle.setLaneChangeMode(OWN, _NO_CHANGES)
        for _ in range(10 * STEPS):  # until they drive as fast as they like
            sumo.simulationStep()
        cars = self.cars()
        if len(cars) != n:
            raise RuntimeError(f"SUMO let {len(cars)} of {n} cars onto the road")
        return cars

    def second(self, change: int) -> tuple[list[Car], set[str]]:
        """Drive on for a second, first changing by so many lanes; returns cars and who was hit."""
        sumo, hit = self._sumo, set()
        if change:
            lane = sumo.vehicle.getLaneIndex(OWN) + change
            sumo.vehicle.changeLane(OWN, lane, 0.0)
        for _ in range(STEPS):
            sumo.simulationStep()
            for one in sumo.simulation.getCollisions():
                if OWN in (one.collider, one.victim):
                    hit.add(one.victim if one.collider == OWN else one.collider)
        return self.cars(), hit

    def cars(self) -> list[Car]:
        """All cars, the own one first."""
        vehicle, half = self._sumo.vehicle, ROAD / 2
        found = []
        for name in (OWN, *(name for name in vehicle.getIDList() if name != OWN)):
            lane = vehicle.getLaneID(name)
            place = vehicle.getLanePosition(name) + half * (lane[0] == "w")
            found.append((place, int(lane[-1]), vehicle.getSpeed(name)))
        return found
