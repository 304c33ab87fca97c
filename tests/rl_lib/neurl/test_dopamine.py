import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import pearsonr

from rl_lib import (
    MDP,
    SyllablePairs,
    explain_dopamine,
    iavi,
    pair_tables,
    simulate_syllables,
    state_reward,
    syllable_pairs,
)

FEW = {"n_renamings": 199, "n_resamples": 2, "n_halvings": 2}
NOISELESS = {"strength": 1.0, "levels": 0.0}


def made(truth, seed, n_recordings=40, n_steps=1_000, n=20, **options):
    rng = np.random.default_rng(seed)
    data = simulate_syllables(truth, n_recordings, n_steps, n, rng=rng, **options)
    return syllable_pairs(data.syllables, data.dopamine, n), rng


def world(n, gamma):
    """Syllables as states and actions: an action is the next syllable."""
    return MDP(np.broadcast_to(np.eye(n), (n, n, n)), np.zeros((n, n)), gamma)


def random_counts(rng, n):
    return rng.integers(0, 40, (n, n))


def smoothed(counts, smoothing):
    policy = np.where(np.eye(len(counts)), 0.0, counts + smoothing)
    return policy / policy.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("n", [3, 4, 9])
@pytest.mark.parametrize("gamma", [0.3, 0.95])
def test_the_tables_are_the_rewards_of_the_solvers(rng, n, gamma):
    counts, off = random_counts(rng, n), ~np.eye(n, dtype=bool)
    policy = smoothed(counts, 0.5)
    tables = pair_tables(counts, discount=gamma)
    found = iavi(world(n, gamma), policy, possible=off)
    assert_allclose(tables["reward"][off], found.reward[off], atol=1e-10)
    assert_allclose(tables["log π"][off], np.log(policy[off]))
    states = state_reward(world(n, gamma), policy, possible=off).state_reward
    assert_allclose(tables["state reward"][0, 1:], (states - states.mean())[1:], atol=1e-6)


def test_without_a_future_the_reward_is_log_policy(rng):
    tables = pair_tables(random_counts(rng, 6), discount=0)
    off = ~np.eye(6, dtype=bool)
    rest = np.where(off, tables["reward"] - tables["log π"], np.nan)
    assert_allclose(np.nanmax(rest, axis=1), np.nanmin(rest, axis=1))
    assert "state reward" not in tables


def test_many_tables_at_once_are_the_same(rng):
    counts = rng.integers(0, 40, (4, 5, 5))
    together = pair_tables(counts, counts + 1.0)
    for i, one in enumerate(counts):
        for name, table in pair_tables(one, one + 1.0).items():
            assert_allclose(together[name][i], table)


def test_pairs_are_counted_one_by_one(rng):
    x = rng.permuted(np.tile(np.arange(7), (3, 1)), axis=1)
    x = np.concatenate((x, x[:, ::-1][:, 1:]), axis=1)
    y = rng.normal(size=x.shape)
    for lag in (-2, 0, 3):
        pairs = syllable_pairs(x, y, 5, lag=lag)
        counts, dopamine, novelty = np.zeros((3, 3, 5, 5))
        for r in range(3):
            for t in range(1, x.shape[1]):
                s, a = x[r, t - 1 : t + 1]
                if s < 5 and a < 5 and 0 <= t + lag < x.shape[1]:
                    before = np.flatnonzero(x[r, :t] == a)
                    counts[r, s, a] += 1
                    dopamine[r, s, a] += y[r, t + lag]
                    novelty[r, s, a] += np.log(t - (before[-1] if len(before) else -1))
        assert_array_equal(pairs.counts, counts)
        assert_allclose(pairs.dopamine, dopamine)
        assert_allclose(pairs.novelty, novelty)


def test_alone_and_uncentred_it_is_pearsons_correlation():
    pairs, rng = made("reward", 0)
    counts, dopamine, _ = pairs.means(np.ones(40))
    seen = (counts > 20) & ~np.eye(20, dtype=bool)
    reward = pair_tables(counts)["reward"]
    found = explain_dopamine(pairs, centre="none", rng=rng, **FEW)
    assert_allclose(found.correlation, pearsonr(reward[seen], dopamine[seen])[0])
    assert found.n_pairs == seen.sum()


def test_partial_correlation_is_that_of_residuals():
    pairs, rng = made("reward", 1)
    counts, dopamine, _ = pairs.means(np.ones(40))
    seen = (counts > 20) & ~np.eye(20, dtype=bool)
    tables = pair_tables(counts)
    previous = np.eye(20)[np.nonzero(seen)[0]]
    design = np.column_stack((previous, tables["log π"][seen], tables["frequency"][seen]))
    x, y = (
        v - design @ np.linalg.lstsq(design, v, rcond=None)[0]
        for v in (tables["reward"][seen], dopamine[seen])
    )
    found = explain_dopamine(pairs, "reward", ["log π", "frequency"], rng=rng, **FEW)
    assert_allclose(found.correlation, pearsonr(x, y)[0], atol=1e-10)


def test_names_of_syllables_do_not_matter(rng):
    data = simulate_syllables("reward", 20, 800, 12, rng=rng)
    name = rng.permutation(12)
    found = [
        explain_dopamine(
            syllable_pairs(x, data.dopamine, 12), "reward", ["log π"],
            rank=True, rng=np.random.default_rng(0), **FEW,
        )
        for x in (data.syllables, name[data.syllables])
    ]  # fmt: skip
    for key in ("correlation", "low", "high", "n_pairs", "across", "reliability"):
        assert_allclose(getattr(found[0], key), getattr(found[1], key), atol=1e-10)
    assert_allclose(found[0].chance, found[1].chance, atol=0.08)  # other renamings


def test_discounting_changes_nothing_beyond_log_policy():
    pairs, _ = made("reward", 2)
    partial, alone = (
        [
            explain_dopamine(pairs, given=given, discount=g, rng=np.random.default_rng(0), **FEW)
            for g in (0.2, 0.95)
        ]
        for given in (["log π"], [])
    )
    assert_allclose(partial[0].correlation, partial[1].correlation, atol=1e-10)
    assert partial[0].p == partial[1].p
    assert abs(alone[0].correlation - alone[1].correlation) > 0.01


def test_with_levels_of_both_syllables_reward_is_log_policy():
    pairs, _ = made("log π", 3)
    found = [
        explain_dopamine(pairs, what, centre="both", rng=np.random.default_rng(0), **FEW)
        for what in ("reward", "log π")
    ]
    assert_allclose(found[0].correlation, found[1].correlation, atol=1e-10)
    with pytest.raises(ValueError, match="nothing is left of 'reward'"):
        explain_dopamine(
            pairs, "reward", ["log π"], centre="both", rng=np.random.default_rng(0), **FEW
        )


def test_at_gamma_zero_nothing_is_left_beyond_log_policy():
    pairs, rng = made("log π", 3)
    with pytest.raises(ValueError, match="nothing is left"):
        explain_dopamine(pairs, "reward", ["log π"], discount=0, rng=rng, **FEW)


def test_a_reward_in_the_dopamine_is_found_beyond_log_policy():
    for seed in range(5):
        pairs, rng = made("reward", seed, **NOISELESS)
        found = explain_dopamine(pairs, "reward", ["log π", "frequency"], rng=rng)
        assert found.p <= 0.01
        assert found.low > found.chance[1]
        rival = explain_dopamine(pairs, "log π", ["reward"], rng=rng)
        assert abs(rival.correlation) < 0.25


def test_log_policy_in_the_dopamine_is_not_taken_for_a_reward():
    for seed in range(5):
        pairs, rng = made("log π", seed, **NOISELESS)
        assert explain_dopamine(pairs, "log π", ["reward"], rng=rng, **FEW).p <= 0.01
        assert abs(explain_dopamine(pairs, "reward", ["log π"], rng=rng, **FEW).correlation) < 0.25


@pytest.mark.parametrize(
    ("truth", "what", "given", "centre"),
    [
        ("nothing", "reward", (), "previous"),
        ("nothing", "log π", (), "both"),
        ("log π", "reward", ("log π",), "previous"),
    ],
)
def test_false_positives_are_as_rare_as_they_should_be(truth, what, given, centre):
    """Of 200 simulations, 3 to 19 (99.8 % of the binomial distribution at .05)."""
    p = np.empty(200)
    for seed in range(len(p)):
        pairs, rng = made(truth, seed, 20, 300, 10)
        p[seed] = explain_dopamine(pairs, what, given, centre=centre, more_than=2, rng=rng, **FEW).p
    assert 3 <= (p <= 0.05).sum() <= 19


def test_pairs_taken_for_independent_find_what_is_not_there():
    """Dopamine follows log π, and each syllable has its own level: nothing else is in it."""
    false, n = 0, 40
    for seed in range(n):
        pairs, rng = made("log π", seed)
        found = explain_dopamine(pairs, "reward", ["log π"], rng=rng, **FEW)
        z = np.arctanh(found.correlation) * np.sqrt(found.n_pairs - 20 - 1 - 3)
        false += abs(z) > 1.96
    assert false > 0.3 * n


def test_intervals_over_recordings_hold_what_more_recordings_give():
    long, rng = made("reward", 7, 400)
    truth = explain_dopamine(long, "log π", rng=rng, **FEW).correlation
    held = []
    for start in range(0, 400, 20):
        some = SyllablePairs(*(each[start : start + 20] for each in long))
        found = explain_dopamine(some, "log π", more_than=10, n_halvings=2, rng=rng)
        # Noise in the dopamine of fewer recordings pulls the correlation to 0: undo it.
        raised = 1 / np.sqrt(found.reliability[1])
        held.append(found.low * raised < truth < found.high * raised)
    assert np.mean(held) > 0.7


def test_halves_agree_on_what_is_there_and_on_nothing_else():
    clear, rng = made("reward", 0, **NOISELESS)
    found = explain_dopamine(clear, rng=rng)
    assert min(found.reliability) > 0.9
    assert found.ceiling == pytest.approx(np.sqrt(np.prod(found.reliability)))
    assert 0.8 * found.correlation < found.across < found.correlation
    empty, rng = made("nothing", 0, levels=0.0)
    found = explain_dopamine(empty, rng=rng)
    assert abs(found.reliability[1]) < 0.3
    assert found._replace(reliability=(0.9, -0.1)).ceiling != found.ceiling
    assert np.isnan(found._replace(reliability=(0.9, -0.1)).ceiling)


def test_recordings_of_one_animal_belong_together():
    """The same recordings, each eight times: nothing was learnt, and intervals stay as wide."""
    once, _ = made("reward", 4, 20)
    often = SyllablePairs(*(np.repeat(each, 8, axis=0) for each in once))
    animal = np.repeat(np.arange(20), 8)

    def width(pairs, times, groups=None):
        found = explain_dopamine(
            pairs,
            groups=groups,
            smoothing=0.5 * times,
            more_than=11 * times - 1,
            rng=np.random.default_rng(0),
        )
        return found.high - found.low

    assert width(often, 8, animal) == pytest.approx(width(once, 1))
    assert width(often, 8) < 0.5 * width(once, 1)


def test_simulated_dopamine_is_what_it_is_said_to_be(rng):
    data = simulate_syllables("nothing", 30, 2_000, 8, levels=0, rng=rng)
    x, y = data.syllables, data.dopamine
    assert data.source == "simulated"
    assert x.shape == y.shape == (30, 2_000)
    assert set(np.unique(x)) == set(range(8))
    assert (x[:, 1:] != x[:, :-1]).all()
    assert_allclose(y.mean(axis=1), 0, atol=1e-12)
    assert_allclose(y.std(axis=1), 1)
    assert_allclose((y[:, 1:] * y[:, :-1]).mean(), 0.25 / (1 + 0.25**2), atol=0.02)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"syllables": [[0, 1, 1]]}, r"syllables\[0, 1\] is 1, as is the next"),
        ({"syllables": [[0, -1, 2]]}, r"syllables\[0, 1\] is -1"),
        ({"dopamine": [[0.0, np.nan, 0.0]]}, r"dopamine\[0, 1\] is nan"),
        ({"dopamine": [[0.0, 1.0]]}, r"dopamine has shape \(1, 2\)"),
        ({"n_syllables": 2}, "n_syllables is 2"),
        ({"lag": 2}, r"lag is 2; it must be in \{-1, …, 1\}"),
    ],
)
def test_bad_recordings(change, message):
    good = {"syllables": [[0, 1, 2]], "dopamine": [[0.0, 1.0, 2.0]], "n_syllables": 3}
    with pytest.raises(ValueError, match=message):
        syllable_pairs(**(good | change))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"what": "value"}, ValueError, "'value' is among"),
        ({"given": ["reward"]}, ValueError, "they must differ"),
        ({"given": "log π"}, TypeError, "given is 'log π'"),
        ({"centre": "row"}, ValueError, "centre is 'row'; it must be 'none'"),
        ({"groups": [0, 1]}, ValueError, "groups has 2 entries; it must have one for each of 5"),
        ({"groups": [3] * 5}, ValueError, "groups"),
        ({"discount": 1.5}, ValueError, "discount is 1.5"),
        ({"smoothing": 0}, ValueError, "smoothing is 0"),
        ({"more_than": 10_000}, ValueError, "leaves 0 pairs"),
        ({"level": 1}, ValueError, "level is 1"),
        ({"n_renamings": 1}, ValueError, "n_renamings is 1"),
        ({"rng": 3}, TypeError, "rng is 3"),
        ({"pairs": 3}, TypeError, "pairs is 3"),
    ],
)
def test_bad_questions(change, error, message):
    pairs, rng = made("nothing", 0, 5, 200, 5)
    good = {"pairs": pairs, "more_than": 2, "rng": rng}
    with pytest.raises(error, match=message):
        explain_dopamine(**(good | change))


def test_one_recording_is_not_enough(rng):
    pairs, _ = made("nothing", 0, 1, 2_000, 5)
    with pytest.raises(ValueError, match="recordings"):
        explain_dopamine(pairs, rng=rng)


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (3, 4)])
def test_bad_counts(shape):
    with pytest.raises(ValueError, match="counts has shape"):
        pair_tables(np.ones(shape))


def test_bad_simulation(rng):
    with pytest.raises(ValueError, match="truth is 'value'"):
        simulate_syllables("value", rng=rng)
    with pytest.raises(ValueError, match="strength is -1"):
        simulate_syllables(strength=-1, rng=rng)
