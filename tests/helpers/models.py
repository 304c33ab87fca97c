"""Random models for property tests, and an independent solution of any model."""

import numpy as np
from hypothesis import strategies as st
from scipy import optimize, sparse

from rl_lib import MDP


def random_mdp(seed, n_states, n_actions, discount, *, ending=True, form="expected"):
    """Every kind of model: rows that end, empty rows, big and negative rewards, any form."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(n_states), size=(n_states, n_actions))
    p *= rng.random(p.shape) < 0.7
    total = p.sum(axis=2, keepdims=True)
    p = np.divide(p, total, out=np.zeros_like(p), where=total > 0)
    if ending:
        p *= rng.choice([0.0, 0.5, 0.9, 1.0], size=(n_states, n_actions, 1))
    else:
        stuck = p.sum(axis=2) == 0
        p[..., 0] += stuck
    shape = {"expected": (), "outcome": (n_states,), "ending": (n_states + 1,)}[form.split()[0]]
    rewards = rng.normal(scale=10 ** rng.uniform(-2, 2), size=(n_states, n_actions, *shape))
    if form.endswith("sparse"):
        p = sparse.csr_array(p.reshape(-1, n_states))
        if shape:
            rewards = sparse.csr_array(rewards.reshape(n_states * n_actions, -1))
    return MDP(p, rewards, discount)


FORMS = [a + b for a in ("expected", "outcome", "ending") for b in ("", " sparse")]


def any_mdp(*, least_actions=1, forms=FORMS):
    """A strategy for random models."""
    return st.builds(
        random_mdp,
        st.integers(0, 2**32),
        st.integers(1, 8),
        st.integers(least_actions, 4),
        st.sampled_from([0.0, 0.3, 0.9, 0.99]),
        ending=st.booleans(),
        form=st.sampled_from(forms),
    )


mdps = any_mdp()


def by_linear_program(transitions, rewards, discount):
    """v*: the least v with v ≥ r + γ P v (Puterman 1994, section 6.9)."""
    n, m = rewards.shape
    a = discount * sparse.csr_array(transitions) - sparse.kron(sparse.eye_array(n), np.ones((m, 1)))
    found = optimize.linprog(
        np.ones(n), A_ub=sparse.csc_array(a), b_ub=-rewards.ravel(), bounds=(None, None)
    )
    assert found.success
    return found.x


def gymnasium_arrays(env):
    """Transitions and rewards of a toy_text environment, read independently of rl_lib."""
    table = env.unwrapped.P
    n, m = len(table), len(table[0])
    p, r = np.zeros((n * m, n)), np.zeros((n, m))
    for s in range(n):
        for a in range(m):
            for probability, next_state, reward, terminated in table[s][a]:
                r[s, a] += probability * reward
                if not terminated:
                    p[s * m + a, next_state] += probability
    return p, r
