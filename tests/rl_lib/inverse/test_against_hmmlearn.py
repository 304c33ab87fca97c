"""Passes and iterations against hmmlearn's, where its models and ours coincide."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import MDP, Demonstrations, multi_intention_irl
from rl_lib.inverse._em import Problem, beginning, expect, maximise
from rl_lib.inverse._forward_backward import Chain, filter_steps, most_probable, smooth_steps

base = pytest.importorskip("hmmlearn.base")
CategoricalHMM = pytest.importorskip("hmmlearn.hmm").CategoricalHMM


class Told(base.BaseHMM):
    """A hidden Markov model that is told how likely each step is; its data are their numbers."""

    def _check(self):
        pass

    def _compute_log_likelihood(self, X):
        return np.log(self.likelihood[X[:, 0]])


@pytest.mark.parametrize("seed", range(5))
def test_passes(seed):
    rng = np.random.default_rng(seed)
    k, lengths = 1 + seed, rng.integers(1, 400, 6)
    likelihood = rng.gamma(0.3, size=(lengths.sum(), k)) + 1e-9
    chain = Chain(rng.dirichlet(np.ones(k)), rng.dirichlet(np.ones(k), k))
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    theirs = Told(k)
    theirs.startprob_, theirs.transmat_, theirs.likelihood = *chain, likelihood
    steps = np.arange(len(likelihood))[:, None]
    log_likelihood, posterior = theirs.score_samples(steps, lengths)
    filtered, evidence = filter_steps(likelihood, chain, offsets)
    assert_allclose(np.log(evidence).sum(), log_likelihood, rtol=1e-10)
    smoothed, switches = smooth_steps(likelihood, filtered, evidence, chain, offsets)
    assert_allclose(smoothed, posterior, atol=1e-10)
    stats = theirs._do_estep(steps, lengths)[0]
    assert_allclose(switches, stats["trans"], rtol=1e-9, atol=1e-10)
    path = most_probable(np.log(likelihood), *map(np.log, chain), offsets)
    assert_array_equal(path, theirs.decode(steps, lengths)[1])


@pytest.mark.parametrize(("smoothing", "chain_smoothing"), [(0.5, 1.0), (1e-6, 0.0)])
def test_iterations_in_one_state(smoothing, chain_smoothing):
    """There, an intention is a distribution over actions: their model."""
    rng = np.random.default_rng(0)
    lengths, k, n_actions, n_iter = rng.integers(1, 60, 10), 3, 4, 30
    actions = rng.integers(n_actions, size=lengths.sum())
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    problem = Problem(actions, offsets, (k, 1, n_actions), smoothing, chain_smoothing)
    ours = beginning(problem, rng)
    theirs = CategoricalHMM(
        k, n_features=n_actions, n_iter=n_iter, tol=-np.inf, init_params="",
        startprob_prior=1 + chain_smoothing, transmat_prior=1 + chain_smoothing,
        emissionprob_prior=1 + smoothing,
    )  # fmt: skip
    theirs.startprob_, theirs.transmat_ = ours.chain.start.copy(), ours.chain.transition.copy()
    theirs.emissionprob_ = ours.policy[:, 0].copy()
    theirs.fit(actions[:, None], lengths)
    history = []
    for _ in range(n_iter):
        expected = expect(problem, ours)
        history.append(expected.log_likelihood)
        ours = maximise(problem, expected, ours)
    assert_allclose(history, theirs.monitor_.history, rtol=1e-10)
    assert history[-1] > history[0] + 1
    assert_allclose(ours.policy[:, 0], theirs.emissionprob_, atol=1e-8)
    assert_allclose(ours.chain.transition, theirs.transmat_, atol=1e-8)
    assert_allclose(ours.chain.start, theirs.startprob_, atol=1e-8)


def test_their_fit_from_our_result_stays_there():
    """Through the public face alone."""
    rng = np.random.default_rng(1)
    walk = [(0, a) for a in np.repeat(rng.integers(4, size=60), rng.integers(1, 30, 60))]
    walks = Demonstrations.from_trajectories([walk[:500], walk[500:]])
    mdp = MDP(np.ones((1, 4, 1)), np.zeros((1, 4)), 0.9)
    ours = multi_intention_irl(mdp, walks, 3, tol=1e-12, max_iter=10_000, rng=rng)
    theirs = CategoricalHMM(
        3, n_features=4, n_iter=50, tol=-np.inf, init_params="",
        startprob_prior=2.0, transmat_prior=2.0, emissionprob_prior=1.5,
    )  # fmt: skip
    theirs.startprob_, theirs.transmat_ = ours.start.copy(), ours.transition.copy()
    theirs.emissionprob_ = ours.policy[:, 0].copy()
    symbols = walks.actions[:, None]
    assert_allclose(theirs.score(symbols, walks.lengths) / walks.n_steps, ours.log_likelihood)
    assert_allclose(theirs.predict_proba(symbols, walks.lengths), ours.smoothed(walks), atol=1e-10)
    theirs.fit(symbols, walks.lengths)
    assert_allclose(theirs.emissionprob_, ours.policy[:, 0], atol=1e-4)
    assert_allclose(theirs.transmat_, ours.transition, atol=1e-4)
