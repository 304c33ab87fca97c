"""Takes the logarithm in place, and so changes the policy of the caller."""

import numpy as np

LOSES = "eta"


def eta(policy, q_shifted):
    np.log(policy, out=policy)
    policy -= q_shifted
    return policy
