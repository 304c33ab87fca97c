import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from scipy.special import expit

from rl_lib import Laboratory, Recording, fit_logistic, fit_network, fit_neurl, laboratory_rat
from rl_lib.neurl._training import Configuration
from rl_lib.neurl.calibration import calibrate
from rl_lib.neurl.decoder import Intrinsic, advantage, intrinsic
from rl_lib.neurl.evaluation import release_log_likelihood

FEW = {"n_steps": 150, "batch": 128}


@pytest.fixture(scope="module")
def session():
    laboratory = Laboratory(laboratory_rat("careful").policy, units=(4, 4, 1, 2, 2, 1))
    return laboratory.record(250, rng=np.random.default_rng(5)).recording


@pytest.fixture(scope="module")
def recording(session):
    """What is trained on, as long in all tests: networks are compiled for it once."""
    return session.select(np.arange(200))


@pytest.mark.parametrize("discount", [0.9, 1.0])
def test_the_true_reward_gives_the_log_odds_back(recording, discount):
    """A network without error has learned to read the clock: what remains is the hazard of time."""
    learned = intrinsic(recording, discount, min_visits=20)
    told = ~np.isnan(learned.reward)
    released = (np.arange(30) == recording.release[:, None]).sum(axis=0)
    held = recording.holding.sum(axis=0) - released
    log_odds = np.log((released + 0.5) / (held + 0.5))[told]
    reward = np.where(told, learned.reward, 0.0)
    assert_allclose(advantage(reward, learned)[told], log_odds, atol=1e-12)
    inside = told.sum() - 9  # the own future, where it ends, goes on as the training trials did
    assert_allclose(advantage(reward, learned, 8)[:inside], log_odds[:inside], atol=1e-12)


def test_q_from_the_own_future_is_a_recursion(rng):
    reward, value = rng.normal(size=(3, 7)), np.append(rng.random(7), 0.0)
    learned = Intrinsic(np.zeros(7), value, 0.8)

    def worth(i, u, left):
        if u == 7:
            return 0.0
        return value[u] if left == 0 else max(reward[i, u], 0.8 * worth(i, u + 1, left - 1))

    for after in range(5):
        expected = [
            [reward[i, t] - 0.8 * worth(i, t + 1, after) for t in range(7)] for i in range(3)
        ]
        assert_allclose(advantage(reward, learned, after), expected, atol=1e-12)


def test_temperature_and_offset_are_those_of_the_best_fit(recording, rng):
    scores = rng.normal(size=(2, 200, 30)) * 3 + recording.cue
    scores[0] += 2.0 * (np.arange(30) == recording.release[:, None])
    scores[1] -= 9.0 * (np.arange(30) == recording.release[:, None])
    gain, offset = calibrate(scores, recording)
    held = recording.holding
    y = (np.arange(30) == recording.release[:, None])[held]

    def loss(p):
        z = p[0] * scores[0][held] + p[1]
        return np.logaddexp(0, z).sum() - y @ z + 0.5 * (p[0] - 1) ** 2

    best = minimize(loss, [1.0, 0.0], tol=1e-10).x
    assert_allclose([gain[0], offset[0]], best, atol=1e-4)
    assert gain[1] == 0  # what says the contrary is not believed, nor turned round
    assert expit(offset[1]) == pytest.approx(y.mean(), abs=1e-3)


@pytest.mark.parametrize("own_future", [False, True])
def test_neurl_finds_in_the_activity_what_a_release_is_worth(session, recording, own_future):
    rng = np.random.default_rng(0)
    decoder = fit_neurl(recording, own_future=own_future, rng=rng, **FEW)
    rest = session.select(np.arange(200, 250))
    reward, held = decoder.reward(rest), rest.holding
    truth = np.broadcast_to(decoder.intrinsic.reward, held.shape)
    told = held & ~np.isnan(truth)
    assert np.corrcoef(reward[told], truth[told])[0, 1] > 0.5
    even = release_log_likelihood(np.full(held.shape, 1 / 18), rest.release).mean()
    assert release_log_likelihood(decoder.hazard(rest), rest.release).mean() > even + 0.2
    assert decoder.embedding(rest).shape == (50, 30, 32)
    assert 0 < decoder.threshold < 1


def test_what_is_causal_does_not_depend_on_what_follows(recording):
    rng = np.random.default_rng(0)
    fitted = {
        "NeuRL": fit_neurl(recording, rng=rng, **FEW),
        "own future": fit_neurl(recording, own_future=True, rng=rng, **FEW),
        "network": fit_network(recording, rng=rng, **FEW),
        "ahead": fit_network(recording, ahead=2, rng=rng, **FEW),
        "logistic": fit_logistic(recording, rng=rng),
    }
    trial = recording.select(recording.release == 18)
    counts = trial.counts.copy()
    counts[:, 16:] += 3
    other = Recording(counts, trial.release, trial.cue, trial.window, trial.after)
    for name, decoder in fitted.items():
        before = decoder.hazard(trial)[:, :17], decoder.hazard(other)[:, :17]
        if name in ("own future", "ahead"):
            assert (before[0] != before[1]).any(), name
        else:
            assert_array_equal(*before, err_msg=name)


def test_a_classifier_that_is_told_nothing_but_the_time_finds_its_hazard(recording):
    silent = Recording(
        np.zeros_like(recording.counts), recording.release, recording.cue, recording.window
    )
    decoder = fit_logistic(silent, strengths=(100.0,), rng=np.random.default_rng(0))
    visits = recording.holding.sum(axis=0)
    released = (np.arange(30) == recording.release[:, None]).sum(axis=0)
    often = (visits > 50) & (released > 5)
    plain = expit(decoder.score(silent)[0])
    assert_allclose(plain[often], (released / np.maximum(visits, 1))[often], atol=0.03)


def test_a_network_without_weights_says_the_mean(recording):
    """Under the strongest decay nothing else is left."""
    one = Configuration(learning_rate=1e-3, weight_decay=1e3)
    decoder = fit_neurl(recording, one, rng=np.random.default_rng(0), **FEW)
    assert_allclose(decoder.reward(recording), decoder.target[0], atol=0.1 * decoder.target[1])
    free = fit_neurl(recording, one._replace(weight_decay=0.0), rng=np.random.default_rng(0), **FEW)
    assert free.reward(recording).std() > 0.3 * free.target[1]


def test_a_network_does_not_see_what_it_is_not_shown(recording):
    one = Configuration(width=8, memories=(True, False), clock=False)
    model = fit_network(recording, one, rng=np.random.default_rng(0), **FEW).model
    assert (np.abs(model.w1[:14]).max(axis=1) > 0).all()
    assert_array_equal(model.w1[14:], 0)
    assert_array_equal(model.w2[8:], 0)


def test_bad_input(recording):
    rng = np.random.default_rng(0)
    never = Recording(recording.counts[:9], np.full(9, -1), recording.cue)
    for fit in (fit_neurl, fit_network, fit_logistic):
        with pytest.raises(ValueError, match="release is −1 in all training trials"):
            fit(never, rng=rng)
        with pytest.raises(ValueError, match="number of training trials is 4"):
            fit(recording.select(np.arange(4)), rng=rng)
    decoder = fit_logistic(recording, rng=rng)
    fewer = Recording(recording.counts[..., 1:], recording.release, recording.cue)
    with pytest.raises(ValueError, match=r"recording has .* = \(30, 13, 8\); it must have"):
        decoder.hazard(fewer)
    with pytest.raises(TypeError, match="logistic regression; only a network"):
        decoder.embedding(recording)


def test_a_silent_unit_and_a_trial_without_release_are_welcome(recording):
    counts, release = recording.counts.copy(), recording.release.copy()
    counts[..., 3] = 0
    release[:5] = -1
    odd = Recording(counts, release, recording.cue)
    for fit in (fit_neurl, fit_network):
        decoder = fit(odd, rng=np.random.default_rng(0), **FEW)
        assert np.isfinite(decoder.hazard(odd)).all()
        assert decoder.scale[3] == 1


@pytest.mark.parametrize("missing", ["jax", "sklearn"])
def test_without_the_extra_the_error_names_it(missing):
    code = (
        f"import sys; sys.modules['{missing}'] = None\n"
        "import numpy as np\n"
        "from rl_lib import Laboratory, fit_logistic, fit_neurl, laboratory_rat\n"
        "rng = np.random.default_rng(0)\n"
        "session = Laboratory(laboratory_rat().policy).record(30, rng=rng).recording\n"
        f"fit = fit_logistic if '{missing}' == 'sklearn' else fit_neurl\n"
        "try:\n    fit(session, rng=rng)\n"
        "except ModuleNotFoundError as problem:\n    print(problem)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "inverse-q-learning[deep]"' in done.stdout
