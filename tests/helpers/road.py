"""The rules of the highway, written down a second time."""

import numpy as np


def slow_mask(cars):
    """The rules once more, with distances as sums over the time of braking."""
    here, lane, speed = cars[0]
    signed = [(other[0] - here + 1500) % 1000 - 500 for other in cars]

    def first_in_lane(k):
        """Nobody stands between."""
        between = [
            abs(signed[j]) < abs(signed[k]) and (signed[j] >= 0) == (signed[k] >= 0)
            for j in range(1, len(cars))
            if cars[j][1] == cars[k][1]
        ]
        return not any(between)

    gap = {0: True, 1: False, 2: False}
    for action, target in ((1, lane + 1), (2, lane - 1)):
        if target not in (0, 1, 2):
            continue
        gap[action] = True
        for k in range(1, len(cars)):
            distance, (_, its_lane, its_speed) = signed[k], cars[k]
            if abs(distance) > 100 or not first_in_lane(k):
                continue
            fast, slow = (speed, its_speed) if distance >= 0 else (its_speed, speed)
            closing = max(fast - slow, 0)
            times = np.linspace(0, closing / 4.5, 2001)
            braking = np.trapezoid(closing - 4.5 * times, times)
            needed = 2.5 + 0.5 * fast + 1.0 * closing + braking
            if its_lane == target and abs(distance) - 5 < needed - 1e-9:
                gap[action] = False
            if its_lane == target + (target - lane) and abs(distance) < 10:
                gap[action] = False
    in_the_way = any(
        cars[k][1] == lane
        and 0 <= signed[k] <= 100
        and first_in_lane(k)
        and cars[k][2] < 20
        and signed[k] - 5 < 5 * max(speed, 1)
        for k in range(1, len(cars))
    )
    return [True, gap[1] and in_the_way, gap[2]]
