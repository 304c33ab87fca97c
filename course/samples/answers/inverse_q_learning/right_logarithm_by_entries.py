"""η by entries."""

import math


def eta(policy, q_shifted):
    return [
        [math.log(p) - after for p, after in zip(ps, afters)]
        for ps, afters in zip(policy, q_shifted)
    ]
