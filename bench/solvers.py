"""Our solver and its peers, each as prepare(mdp, tol) -> a function that solves afresh."""

import os
import resource
import time
import warnings

import numpy as np
from scipy import sparse

from bench.models import make
from rl_lib import value_iteration


def ours(mdp, tol):
    return lambda: lambda: value_iteration(mdp, tol=tol).v


def quantecon(method):
    def prepare(mdp, tol):
        from quantecon.markov import DiscreteDP

        n, m = mdp.n_states, mdp.n_actions
        states, actions = np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
        transitions = absorbing(mdp)

        def fresh():
            model = DiscreteDP(
                mdp.rewards.ravel(), transitions, mdp.discount, s_indices=states, a_indices=actions
            )
            # Its values are within ε/2 of the optimal ones, and within ε/2γ by their residual.
            epsilon = 2 * tol * mdp.discount
            return lambda: model.solve(method=method, epsilon=epsilon, max_iter=10**7).v

        return fresh

    return prepare


def mdpsolver(update):
    def prepare(mdp, tol):
        import mdpsolver as peer

        n, m = mdp.n_states, mdp.n_actions
        matrix = absorbing(mdp)
        rows = [slice(*matrix.indptr[k : k + 2]) for k in range(n * m)]
        by_row = [[matrix.data[k].tolist(), matrix.indices[k].tolist()] for k in rows]
        probabilities = [[by_row[s * m + a][0] for a in range(m)] for s in range(n)]
        columns = [[by_row[s * m + a][1] for a in range(m)] for s in range(n)]
        rewards = mdp.rewards.tolist()

        def fresh():
            model = peer.model()
            model.mdp(
                discount=mdp.discount, rewards=rewards,
                tranMatProbs=probabilities, tranMatColumns=columns,
            )  # fmt: skip

            def solve():
                model.solve(algorithm="mpi", tolerance=tol, update=update)
                return np.array(model.getValueVector())

            return solve

        return fresh

    return prepare


def absorbing(mdp):
    """Transitions whose rows sum to 1, as the peers need them: exits lead to themselves."""
    n, m = mdp.n_states, mdp.n_actions
    matrix = sparse.csr_array(mdp.transition_matrix, copy=True)
    matrix.sum_duplicates()
    ended = np.flatnonzero(mdp.end_probability.ravel() > 0)
    assert mdp.terminal[ended // m].all()
    loops = sparse.csr_array((np.ones(len(ended)), (ended, ended // m)), shape=(n * m, n))
    return sparse.csr_matrix(matrix + loops)


SOLVERS = {
    "ours": ours,
    "quantecon mpi": quantecon("modified_policy_iteration"),
    "quantecon vi": quantecon("value_iteration"),
    "quantecon pi": quantecon("policy_iteration"),
    "mdpsolver mpi": mdpsolver("standard"),
    "mdpsolver mpi, Gauss–Seidel": mdpsolver("gs"),
}


def serve(pipe, name, spec, tol, limit):
    """In a process of its own: at each request, solve once and send (seconds, error, gigabytes).

    The first solution is the warm-up, repeated with tighter settings until its error is certified.
    """
    warnings.simplefilter("ignore")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a peer's own messages, from C++ too
    mdp = make(*spec)

    def timed(fresh):
        solve = fresh()
        began = time.perf_counter()
        v = solve()
        seconds = time.perf_counter() - began
        residual = np.abs(mdp.action_values(v).max(axis=1) - v).max()
        memory = peak_gigabytes()
        return seconds, residual / (1 - mdp.discount), memory

    pipe.recv()
    for tighter in (1.0, 0.1, 0.01):
        fresh = SOLVERS[name](mdp, tol * tighter)
        seconds, error, memory = timed(fresh)
        if error <= tol * 1.001 or seconds > limit:
            break
    pipe.send((seconds, error, memory))
    while pipe.recv():
        pipe.send(timed(fresh))


def peak_gigabytes():
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
