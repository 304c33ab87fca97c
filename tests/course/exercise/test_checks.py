import contextvars
import subprocess
import sys
import time

import numpy as np
import pytest

import rl_lib
from course.exercise import checks, functions, guard
from course.exercise.answers import CORRECT
from course.exercise.functions import TIME_LIMIT
from course.exercise.pictures import picture
from course.sandbox import bubblewrap
from course.sandbox.inside.refusal import ANSWERS, is_in
from rl_lib import MDP, MDPEnv


def passes(namespace, test, **options):
    checks.step(namespace, **options)(test)


def test_a_step_runs_on_the_students_function(capsys):
    def test(double):
        assert double(2) == 4

    passes({"double": lambda x: 2 * x}, test)
    assert capsys.readouterr().out == "double: all tests of this cell pass.\n"
    with pytest.raises(AssertionError):
        passes({"double": lambda x: x}, test)
    with pytest.raises(AssertionError, match="double is not a function here"):
        passes({}, test)
    with pytest.raises(AssertionError, match="double is not a function here"):
        passes({"double": 3}, test)


def test_a_wrong_or_missing_helper_costs_the_next_step_nothing(capsys):
    def by_name(namespace):
        return lambda mdp, v: np.max(namespace["action_values"](mdp, v), axis=1)

    def test(backup):
        mdp = MDP([[[1.0]]], [[1.0]], discount=0.5)
        assert checks.values("v", backup(mdp, np.array([2.0])), (1,))[0] == 2

    def wrong(mdp, v):
        return np.zeros((1, 1))

    def unwritten(mdp, v):
        raise NotImplementedError

    for given in ({}, {"action_values": wrong}, {"action_values": unwritten}):
        namespace = dict(given)
        namespace["backup"] = by_name(namespace)
        with pytest.raises((AssertionError, KeyError, NotImplementedError)):
            passes(namespace, test)
        passes(namespace, test, helpers=["action_values"])
        assert "with a correct action_values in place of yours" in capsys.readouterr().out
        assert namespace.get("action_values") is given.get("action_values")

    # A helper that only fits together with the student's own next step counts as well.
    namespace = {"action_values": lambda mdp, v: [2.0], "backup": None}
    namespace["backup"] = lambda mdp, v: namespace["action_values"](mdp, v)
    passes(namespace, test, helpers=["action_values"])
    assert "in place of yours" not in capsys.readouterr().out


def test_the_step_itself_must_still_be_right():
    def test(backup):
        assert backup() == 1

    def unwritten():
        raise NotImplementedError

    with pytest.raises(NotImplementedError, match="unwritten is not written yet"):
        passes({"backup": unwritten}, test, helpers=["action_values"])
    namespace = {"backup": lambda: 2}
    with pytest.raises(AssertionError):
        passes(namespace, test, helpers=["action_values"])
    assert set(namespace) == {"backup"}


def test_the_library_refuses_within_a_call_and_only_there():
    from rl_lib import value_iteration as alias

    mdp = rl_lib.russell_norvig().mdp
    cheats = [
        lambda: alias(mdp),
        lambda: rl_lib.greedy([[1.0]]),
        lambda: mdp.action_values(np.zeros(11)),
        lambda: rl_lib.q_learning(
            mdp, episodes=1, step_size=1, epsilon=1, rng=np.random.default_rng(0)
        ),
    ]
    for cheat in cheats:
        with pytest.raises(RuntimeError, match="it is what you are asked to write"):
            passes({"answer": cheat}, lambda answer: answer())
        cheat()

    def test(answer):
        before = rl_lib.value_iteration(mdp).v
        answer()
        assert np.array_equal(before, rl_lib.value_iteration(mdp).v)

    passes({"answer": lambda: MDPEnv(mdp).reset(seed=0)}, test)


CHEATS = {
    "a public name, loaded late": "rl_lib.q_learning(mdp, **once, rng=rng)",
    "a solver": "rl_lib.value_iteration(mdp)",
    "a policy": "rl_lib.greedy([[1.0]])",
    "a method": "mdp.action_values([0.0])",
    "an inverse method": "rl_lib.iavi(two, [[0.5, 0.5]])",
    "samples": "rl_lib.iql(walks, 1, 2, 0.9)",
    "an expert": "rl_lib.boltzmann_expert(mdp)",
    "occupancy": "rl_lib.occupancy(mdp, [[1.0]], horizon=2)",
    "a private function": "load('rl_lib.planning._soft').soft_maximum(q, 1.0, q[0])",
    "a compiled sweep": "load('rl_lib.planning._sweeps').improve(0)",
    "a compiled episode": "load('rl_lib.learning._episodes').choose(q[0], 0.0, rng)",
    "what was compiled": "load('rl_lib.learning._episodes').choose.py_func(q[0], 0.0, rng)",
    "an epoch": "load('rl_lib.inverse.iql')._epoch(0, 0, 0, 0)",
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_what_answers_refuses_even_if_it_is_loaded_late(cheat):
    """From nothing but `import rl_lib`, in a process of its own; afterwards everything works."""
    code = f"""
from importlib import import_module as load
import rl_lib
once = dict(episodes=1, step_size=1, epsilon=1)
from course import checks
import numpy as np
rng = np.random.default_rng(0)
mdp = rl_lib.MDP([[[0.5]]], [[1.0]], 0.9)
two = rl_lib.MDP([[[0.5], [0.5]]], [[1.0, 1.0]], 0.9)
walks = rl_lib.Demonstrations.from_trajectories([[(0, 0), (0, 1)]])
q = np.ones((1, 2))
def answer():
    return {cheat}
@checks.step(globals())
def visible(answer):
    try:
        answer()
    except RuntimeError as problem:
        print(problem)
if "(0" not in {cheat!r}:
    answer()
assert rl_lib.value_iteration(mdp).converged
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "it is what you are asked to write" in done.stdout


def test_a_compiled_loop_of_ones_own_runs():
    numba = pytest.importorskip("numba")

    @numba.njit
    def double(x):
        return 2 * x

    def test(answer):
        assert answer(2) == 4

    passes({"answer": lambda x: double(x)}, test)
    assert "__call__" not in vars(type(double))


def test_what_refuses_shows_its_words_alone():
    with pytest.raises(RuntimeError) as caught:
        passes({"f": lambda: rl_lib.greedy([[1.0]])}, lambda f: f())
    assert caught.value._render_traceback_() == [str(caught.value)]


def test_guards_within_guards_and_after_errors_leave_nothing_behind():
    mdp = MDP([[[0.5]]], [[1.0]], 0.9)

    def cheat():
        with pytest.raises(RuntimeError, match="asked to write"):
            rl_lib.value_iteration(mdp)

    def interrupted():
        raise KeyboardInterrupt

    inner = guard.guarded("inner", cheat, 5)

    def outer():
        cheat()
        inner()
        cheat()

    guard.guarded("outer", outer, 5)()
    with pytest.raises(KeyboardInterrupt):
        guard.guarded("stopped", interrupted, 5)()
    assert rl_lib.value_iteration(mdp).converged
    learned = rl_lib.q_learning(
        mdp, episodes=2, step_size=1, epsilon=1, rng=np.random.default_rng(0)
    )
    assert learned.q.shape == (1, 1)


def test_one_list_says_what_answers():
    """The sandbox has what is not on it, and a notebook refuses what is."""
    library = bubblewrap.package("rl_lib").parent
    staged = {
        ".".join(path.relative_to(library).with_suffix("").parts) for path in bubblewrap.staged()
    }
    assert {"rl_lib.mdp", "rl_lib.worlds.env", "rl_lib.behaviour.demonstrations"} <= staged
    assert not any(is_in(name, (*ANSWERS, "rl_lib.plots", "course.exercise")) for name in staged)
    functions, _ = guard._ready_answers()
    refused = {found.__module__ for found in functions[1:]}
    assert all(is_in(name, ANSWERS) for name in refused)
    assert {"rl_lib.policies", "rl_lib.planning._sweeps", "rl_lib.learning._episodes"} <= refused
    assert not refused & staged


def test_a_helper_that_passes_its_own_tests_is_not_contradicted(capsys):
    """What is right in its own tests and wrong in the next."""
    namespace = {"eta": lambda policy, follows: np.log(policy) - follows if len(policy) < 2 else 0}
    namespace["next"] = lambda x: namespace["eta"](x, x)

    def of_eta(eta):
        assert eta(np.ones(1), np.ones(1)) == -1

    def of_next(next):
        assert np.ndim(next(np.ones(2))) == 1

    passes(namespace, of_next, helpers=["eta"])
    assert "in place of yours. See the tests of eta." in capsys.readouterr().out
    passes(namespace, of_eta)
    passes(namespace, of_next, helpers=["eta"])
    said = capsys.readouterr().out
    assert "See the tests" not in said
    assert "Yours passes the tests of its own step, but fails in this one." in said


def test_a_call_may_take_as_long_as_the_right_answer_does():
    """Fifty times as long, on the same arguments."""
    waited = []

    def slow(policy, follows):
        while time.process_time() - began < 0.4:
            pass
        return np.log(policy) - follows

    def within(times):
        TIME_LIMIT.set(0.1)
        guard.TIMES, before = times, guard.TIMES
        try:
            passes({"eta": slow}, lambda eta: eta(np.ones((1000, 1000)), np.zeros((1000, 1000))))
        finally:
            guard.TIMES = before
        waited.append(True)

    began = time.process_time()
    contextvars.copy_context().run(within, 10_000)
    began = time.process_time()
    with pytest.raises(AssertionError, match=r"eta did not stop within 0\.1 s"):
        contextvars.copy_context().run(within, 0)
    assert waited == [True]


def test_the_time_that_was_given_is_told(monkeypatch):
    monkeypatch.setattr(guard, "_seconds_of_the_right_answer", lambda *_: 0.2 / guard.TIMES)

    def endless():
        while True:
            pass

    with pytest.raises(AssertionError, match=r"^f did not stop within 0\.2 s"):
        guard.guarded("f", endless, 0.1)()


def test_where_nothing_can_stop_a_loop_it_is_said_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(functions, "can_limit", lambda: False)
    monkeypatch.setattr(functions, "warned", [])
    for _ in range(2):
        passes({"f": lambda: 1}, lambda f: f())
    assert capsys.readouterr().out.count("Kernel, Interrupt") == 1


def test_an_endless_call_is_stopped():
    def endless():
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass

    def within():
        TIME_LIMIT.set(0.3)
        passes({"answer": endless}, lambda answer: answer(), endless="Why?")

    start = time.process_time()
    with pytest.raises(AssertionError, match=r"answer did not stop within 0.3 s\. Why\?"):
        contextvars.copy_context().run(within)
    assert time.process_time() - start < 60


def test_arguments_must_stay_as_they_were():
    def change(x):
        x += 1
        return x

    with pytest.raises(AssertionError, match="answer changed its argument number 1"):
        passes({"answer": change}, lambda answer: answer(np.zeros(2)))
    with pytest.raises(AssertionError, match="eta changed its argument `policy`"):
        passes({"eta": lambda policy, follows: change(policy)}, lambda eta: eta(np.ones(2), 0))


def test_warnings_and_messages_cost_nothing():
    program = """
import sys, warnings
from course.exercise import checks
def answer():
    print("working", file=sys.stderr)
    warnings.warn("careful", stacklevel=1)
@checks.step(globals())
def test(answer):
    answer()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "working" in done.stdout
    assert "careful" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "v is None: is a `return` missing"),
        ([1.0, np.nan], r"v\[1\] is nan; it must be a finite number"),
        ([-np.inf, 0.0], r"v\[0\] is -inf"),
        ([[1.0, 2.0]], r"v has shape \(1, 2\); it must be an array of shape \(2,\)\. The numbers"),
        ([1.0, 2.0, 3.0], r"v has shape \(3,\); it must be an array of shape \(2,\)\.$"),
        ([True, False], "v holds truth values"),
        (["a", "b"], "v holds text"),
        ([[1.0], [2.0, 3.0]], "v is no array of numbers: a value of type list"),
        ([1j, 2j], "v holds complex numbers"),
        ([None, None], "v is None at least once: is a `return` missing"),
        ({"a": 1.0}, "v is entries that are no numbers"),
        (3.0, r"v is a single number; it must be an array of shape \(2,\)"),
    ],
)
def test_what_values_say(value, message):
    with pytest.raises(AssertionError, match=message):
        checks.values("v", value, (2,))


def test_values_takes_whatever_holds_numbers():
    for value in ([1, 2], (1.0, 2.0), np.array([1, 2], dtype=np.float32)):
        assert checks.values("v", value, (2,)).tolist() == [1, 2]
    with pytest.raises(AssertionError, match=r"Its axes are in the other order"):
        checks.values("q", np.zeros((2, 3)), (3, 2))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([0.0, 1.0], "holds floats; actions are whole numbers"),
        ([0, 4], r"actions\[1\] is 4; an action must be one of 0 … 3"),
        ([-1, 0], r"actions\[0\] is -1"),
    ],
)
def test_what_actions_say(value, message):
    with pytest.raises(AssertionError, match=message):
        checks.actions("actions", value, (2,), 4)
    assert checks.actions("actions", [np.int64(3), 0], (2,), 4).tolist() == [3, 0]


def test_close_names_the_mistake_that_fits():
    got, want = np.array([1.0, 2.0]), np.array([1.0, 3.0])
    with pytest.raises(AssertionError, match=r"^v\[1\] is 2; it should be 3\. Second\?$"):
        checks.close("v", got, want, mistakes={"First?": [0.0, 0.0], "Second?": [1.0, 2.0]})
    with pytest.raises(AssertionError, match=r"^in state 1 you err$"):
        checks.close("v", got, want, say=lambda s: f"in state {s} you err")
    checks.close("v", got, got)
    checks.close("v", np.array([1e9]), np.array([1e9 + 0.1]))


@pytest.mark.parametrize(
    ("name", "got", "want", "message"),
    [
        ("q of the grid", [1.0, 2.0], [1.0, 3.0], r"^q\[1\] of the grid is 2; it should be 3\.$"),
        ("q after it,", [1.0, 2.0], [1.0, 3.0], r"^q after it: entry \[1\] is 2; it should be 3"),
        ("what it returns,", [2.0], [3.0], r"^what it returns, is 2; it should be 3"),
        ("v", [-2.27196804], [-2.27196701], r"v is -2\.271968; it should be -2\.271967"),
        ("v", [5.5e-17], [1.0], r"v is 0; it should be 1"),
        ("v", [1e9 + 5], [1e9], r"v is 1000000005; it should be 1e\+09|1000000000"),
    ],
)
def test_numbers_are_shown_so_that_they_differ(name, got, want, message):
    with pytest.raises(AssertionError, match=message):
        checks.close(name, np.array(got), np.array(want))


def test_jupyter_shows_the_words_alone():
    with pytest.raises(AssertionError) as caught:
        passes({"f": lambda: 1}, lambda f: checks.close("v", np.array([1.0]), np.array([2.0])))
    assert caught.value._render_traceback_() == ["v is 1; it should be 2."]


def test_worlds_are_reproducible():
    first, again = (checks.random_mdp(checks.generator(1), 4, 3, 0.9) for _ in range(2))
    assert np.array_equal(first.transitions, again.transitions)
    assert first.terminal[-1]
    assert (first.transitions.sum(axis=2) < 0.96).all()
    draws = [checks.environment(first, 2).np_random.random() for _ in range(2)]
    assert draws[0] == draws[1]
    assert checks.environment(first, 3).np_random.random() != draws[0]


def test_correct_helpers_are_not_silently_wrong():
    correct, rng = dict(CORRECT), np.random.default_rng(0)
    q, mdp, v = rng.normal(size=(3, 2)), checks.random_mdp(rng, 4, 3, 0.9), rng.normal(size=4)
    assert np.allclose(correct.pop("action_values")(mdp, v), mdp.action_values(v))

    epsilon_greedy = correct.pop("epsilon_greedy")
    assert {epsilon_greedy(q, 1, 0.0, rng) for _ in range(50)} == {int(q[1].argmax())}

    q_update = correct.pop("q_update")
    new = q_update(q, 0, 1, 2.0, 1, False, 0.5, 0.9)
    assert np.isclose(new[0, 1], 0.5 * q[0, 1] + 0.5 * (2 + 0.9 * q[1].max()))
    assert (new != q).sum() == 1
    assert q_update(q, 0, 1, 2.0, 1, True, 1.0, 0.9)[0, 1] == pytest.approx(2)

    v, _, policies, *_ = rl_lib.soft_value_iteration(mdp, horizon=5)
    assert np.allclose(correct.pop("soft_backup")(mdp, v[1]), v[0])
    assert np.allclose(correct.pop("soft_policies")(mdp, 5), policies)
    want = rl_lib.occupancy(mdp, policies, horizon=5)
    assert np.allclose(correct.pop("visits")(mdp, policies), want)

    found = rl_lib.iavi(mdp, policies[0])
    eta = correct.pop("eta")(policies[0], found.q - found.reward)
    assert np.allclose(correct.pop("closed_form_reward")(eta), found.reward)
    assert not correct  # each of them was looked at


def test_a_picture_has_words():
    axes = rl_lib.plot_values(rl_lib.russell_norvig(), np.zeros(11))
    html = picture(axes, alt='a "grid"').data
    assert 'alt="a &quot;grid&quot;"' in html
    assert "base64," in html
