import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from rl_lib import Laboratory, ResponseTask, intrinsic_reward, laboratory_rat, release_distribution
from rl_lib.neurl.laboratory import KINDS, SIGNALS
from rl_lib.neurl.rats import LABORATORY_RATS
from rl_lib.neurl.recording import NEVER


def behaviour(rat, wait):
    """Share of premature releases, and mean reaction time of the correct ones in seconds."""
    task = ResponseTask(cue=wait, duration=wait + 1.4)
    f = release_distribution(laboratory_rat(rat, task).policy)[:-1]
    correct = f[task.rewarded] / f[task.rewarded].sum()
    return f[task.times < wait - 1e-9].sum(), correct @ task.times[task.rewarded] - wait


def test_the_distribution_of_releases_is_that_of_simulated_trials():
    agent = laboratory_rat("eager")
    f = release_distribution(agent.policy)
    walks = agent.demonstrate(20_000, rng=np.random.default_rng(0))
    seen = np.bincount(walks.states[walks.actions == 1], minlength=30)
    expected = 20_000 * f[:-1]
    some = expected > 5
    assert ((seen - expected)[some] ** 2 / expected[some]).sum() < stats.chi2(some.sum()).isf(1e-3)
    assert f.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("rat", LABORATORY_RATS)
def test_longer_waits_make_faster_reactions_and_more_premature_releases(rat):
    premature, reaction = np.transpose([behaviour(rat, wait) for wait in (0.8, 1.6, 2.4)])
    assert (np.diff(premature) > 0.03).all()
    assert (np.diff(reaction) < -0.01).all()


def test_the_rats_differ_and_their_reward_is_not_the_task_s():
    careful, eager = (laboratory_rat(name).mdp.rewards for name in LABORATORY_RATS)
    assert np.abs(careful - eager).max() > 0.2
    assert_array_equal(careful[:, 0], 0)
    assert behaviour("eager", 1.6)[0] > 1.5 * behaviour("careful", 1.6)[0]


def test_an_intrinsic_reward_by_hand():
    task = ResponseTask(reward=2.0)
    found = intrinsic_reward(task, penalty=0.4, urgency=0.1, grading=1)
    assert_allclose(found[[0, 15, 16, 17, 22], 1], [-0.4, -0.4, 0.744, 2 * (1 - 0.289), 0])
    assert intrinsic_reward(task, urgency=10.0).min() == 0
    with pytest.raises(ValueError, match="penalty is -1"):
        intrinsic_reward(task, penalty=-1)
    with pytest.raises(ValueError, match="name is 'lazy'; it must be one of careful, eager"):
        laboratory_rat("lazy")


@pytest.mark.parametrize("rat", LABORATORY_RATS)
def test_releases_are_exactly_those_of_the_policy(rat, rng):
    """Whatever the latents explain, who does not see them sees the Boltzmann rat."""
    laboratory = Laboratory(laboratory_rat(rat).policy, units=(0, 0, 0, 0, 0, 1), latent=0.9)
    recording, truth = laboratory.record(20_000, rng=rng)
    f = release_distribution(laboratory.policy)
    seen = np.bincount(np.where(recording.release == NEVER, 30, recording.release), minlength=31)
    expected = 20_000 * f
    some = expected > 5
    assert ((seen - expected)[some] ** 2 / expected[some]).sum() < stats.chi2(some.sum()).isf(1e-3)
    assert_allclose(truth.release_probability.sum(axis=1), 1, atol=1e-12)
    error = 5 * truth.release_probability.std(axis=0) / np.sqrt(20_000)
    assert (np.abs(truth.release_probability.mean(axis=0) - f) <= error + 1e-6).all()


def test_the_oracle_s_probabilities_are_calibrated(rng):
    laboratory = Laboratory(laboratory_rat("careful").policy, units=(0, 0, 0, 0, 0, 1))
    recording, truth = laboratory.record(20_000, rng=rng)
    given = truth.release_probability[np.arange(20_000), recording.release]
    p = truth.release_probability
    expected, variance = (p**2).sum(axis=1), (p**3).sum(axis=1) - (p**2).sum(axis=1) ** 2
    assert abs(given.mean() - expected.mean()) < 4 * np.sqrt(variance.sum()) / 20_000


@pytest.mark.parametrize("rat", LABORATORY_RATS)
def test_there_is_something_to_decode(rat, rng):
    laboratory = Laboratory(laboratory_rat(rat).policy, units=(0, 0, 0, 0, 0, 1))
    recording, truth = laboratory.record(10_000, rng=rng)
    blind = np.bincount(recording.release[recording.release >= 0]).max() / len(recording)
    assert (recording.release == truth.oracle_mode).mean() - blind >= 0.15
    nothing = Laboratory(laboratory_rat(rat).policy, units=(0, 0, 0, 0, 0, 1), latent=0.0)
    recording, truth = nothing.record(1_000, rng=rng)
    assert len(np.unique(truth.oracle_mode)) == 1


def test_activity_tells_the_latents_and_their_decision(rng):
    """Counts of the first ten bins, read out linearly in one half and tested in the other."""
    recording, truth = Laboratory(laboratory_rat("careful").policy).record(2_000, rng=rng)
    late = recording.release >= 10
    activity = np.c_[np.ones(late.sum()), recording.counts[late, :10].sum(axis=1)]
    for latent in (truth.clock, truth.urgency):
        read = np.linalg.lstsq(activity[::2], latent[late][::2], rcond=None)[0]
        r = np.corrcoef(activity[1::2] @ read, latent[late][1::2])[0, 1]
        assert 0.3 < r < 0.9
    planned = truth.clock + truth.urgency
    assert (np.diff(truth.decision[np.argsort(-planned)]) >= 0).all()


def test_each_kind_of_unit_follows_its_signal(rng):
    laboratory = Laboratory(laboratory_rat("careful").policy, units=(1,) * 6, drift=0.0)
    recording, truth = laboratory.record(3_000, rng=rng)
    assert tuple(truth.kinds) == KINDS
    assert truth.tuning.shape == (6, len(SIGNALS))
    log_rate = np.log(recording.counts[recording.release >= 16, :20].mean(axis=0))
    ramping, sustained, cue, _, _, untuned = log_rate.T
    t = np.arange(14)
    assert np.abs(np.polyfit(t, ramping[:14], 1)[0]) > 0.02
    assert np.ptp(untuned) < 0.3
    assert np.abs(np.polyfit(t, sustained[:14], 1)[0]) < 0.01
    assert np.abs(cue[16] - cue[:14].mean()) > 0.3
    after = recording.counts[np.arange(3_000), recording.release + 1].mean(axis=0)
    at = recording.counts[np.arange(3_000), recording.release].mean(axis=0)
    assert np.abs(np.log(after / at))[3] > 0.3
    assert np.sign(truth.tuning[3, 3]) == np.sign(np.log(after / at)[3])
    assert_allclose(at[3], np.exp(truth.baseline[3]), rtol=0.1)


def test_a_cue_that_comes_after_the_release_is_not_felt(rng):
    laboratory = Laboratory(laboratory_rat("eager").policy, units=(0, 0, 1, 0, 0, 0), drift=0.0)
    recording, truth = laboratory.record(5_000, rng=rng)
    early = (recording.release < 16) & (recording.release >= 9)
    assert_allclose(recording.counts[early, 16].mean(), np.exp(truth.baseline[0]), rtol=0.15)


def test_units_drift(rng):
    laboratory = Laboratory(laboratory_rat("careful").policy, units=(0,) * 5 + (400,), drift=0.5)
    truth = laboratory.record(100, rng=rng).truth
    assert truth.drift[-1].std() == pytest.approx(0.5, rel=0.15)
    assert np.abs(np.diff(truth.drift, axis=0)).max() < 0.3
    counts = laboratory.record(100, rng=np.random.default_rng(1)).recording.counts
    again = laboratory.record(100, rng=np.random.default_rng(1)).recording.counts
    assert_array_equal(counts, again)


def test_a_rat_that_never_lets_go(rng):
    policy = np.tile([1.0, 0.0], (30, 1))
    recording, truth = Laboratory(policy, units=(1,) * 6).record(20, rng=rng)
    assert (recording.release == NEVER).all()
    assert (truth.oracle_mode == NEVER).all()
    assert (truth.decision == NEVER).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latent": 1.0}, "latent is 1; it must be below 1"),
        ({"units": (1, 2)}, "units has 2 entries; it must have one for each of ramping"),
        ({"units": (0,) * 6}, "sum of units is 0; it must be at least 1"),
        ({"units": (0, 0, -1, 0, 0, 0)}, r"units \(cue\) is -1"),
        ({"drift": -1}, "drift is -1"),
        ({"policy": np.ones((30, 2))}, r"policy\[0\] sums to 2"),
    ],
)
def test_mistakes_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        Laboratory(**{"policy": laboratory_rat().policy} | change)
