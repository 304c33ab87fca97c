r"""What the networks of deep inverse Q-learning move towards: one pure function an equation.

The functions take NumPy's arrays and jax's alike. A row is a transition (s, a, s'), a column an
action; primes mean values of the slowly moving copies (Kalweit et al. 2020, section 4).
"""

from typing import Any


def eta(log_policy: Any, shifted: Any) -> Any:
    r"""η(s, b) = log π̃(b | s) − Q^Sh(s, b), for all b.

    Examples
    --------
    >>> import numpy as np
    >>> eta(np.array([[-1.0, -2.0]]), np.array([[0.5, 0.0]]))
    array([[-1.5, -2. ]])
    """
    return log_policy - shifted


def reward_target(eta: Any, reward: Any) -> Any:
    r"""y_r(s, b) = η'(s, b) + 1/(n − 1) Σ_{c≠b} [r'(s, c) − η'(s, c)], n the number of actions.

    Examples
    --------
    >>> import numpy as np
    >>> reward_target(np.array([[1.0, 0.0, -1.0]]), np.array([[0.0, 2.0, 4.0]]))
    array([[ 4.5,  2. , -0.5]])
    """
    rest = reward - eta
    return eta + (rest.sum(axis=-1, keepdims=True) - rest) / (eta.shape[-1] - 1)


def shifted_target(next_values: Any, terminated: Any, discount: Any) -> Any:
    r"""y_Sh(s, a) = γ max_b Q'(s', b), and 0 where the episode has ended: shape (rows,).

    Where actions are constrained, `next_values` are −∞ for those that are not safe.

    Examples
    --------
    >>> import numpy as np
    >>> shifted_target(np.array([[1.0, 3.0], [1.0, 3.0]]), np.array([0.0, 1.0]), 0.5)
    array([1.5, 0. ])
    """
    return discount * next_values.max(axis=-1) * (1 - terminated)


def value_target(reward: Any, shifted: Any, taken: Any, follows: Any, everywhere: bool) -> Any:
    r"""y_Q(s, b) = r'(s, b) + γ max Q'(s') for the action taken, r'(s, b) + Q^Sh'(s, b) for others.

    As published, only the action taken has a target. With `everywhere` the others have one, too,
    and what they are worth does not depend on whether they have been tried lately.

    Parameters
    ----------
    reward, shifted : array (rows, n)
        r' and Q^Sh'.
    taken : array (rows, n)
        1 for the action taken, else 0.
    follows : array (rows,)
        `shifted_target`.
    everywhere : bool

    Examples
    --------
    >>> import numpy as np
    >>> r, sh, a = np.array([[1.0, 2.0]]), np.array([[5.0, 6.0]]), np.array([[1.0, 0.0]])
    >>> value_target(r, sh, a, np.array([0.5]), everywhere=True)
    array([[1.5, 8. ]])
    """
    others = (1 - taken) * shifted if everywhere else 0
    return reward + taken * follows[..., None] + others


def at_taken(found: Any, aim: Any, taken: Any) -> Any:
    """Mean squared error at the action that was taken; what the others say is left alone.

    Parameters
    ----------
    found, taken : array (rows, n)
    aim : array (rows,)

    Examples
    --------
    >>> import numpy as np
    >>> float(at_taken(np.array([[1.0, 5.0]]), np.array([3.0]), np.array([[1.0, 0.0]])))
    4.0
    """
    return (((found * taken).sum(axis=-1) - aim) ** 2).mean()


def follow(copy: Any, network: Any, tau: Any) -> Any:
    """Weights of the copy after one step: θ' ← (1 − τ) θ' + τ θ.

    Examples
    --------
    >>> follow(1.0, 3.0, 0.25)
    1.5
    """
    return (1 - tau) * copy + tau * network
