import re
from pathlib import Path

import numpy as np
import pytest

from course.exercise import checks
from course.exercise.answers import CORRECT
from course.exercise.mistakes.known import KNOWN, PAGES, RIGHT
from rl_lib import MDP


def said_of(step, function, test, **options):
    with pytest.raises(AssertionError) as caught:
        checks.step({step: function}, **options)(test)
    return str(caught.value)


def of_q_update(q_update):
    q = np.array([[1.0, 2.0], [4.0, 8.0]])
    new = checks.values("q", q_update(q, 0, 1, 3.0, 1, False, 0.5, 0.9), (2, 2))
    checks.close("q[0, 1]", new[0, 1:], np.array([6.1]))
    new = checks.values("q", q_update(q, 0, 1, 3.0, 1, False, 0.25, 0.5), (2, 2))
    checks.close("q[0, 1] with other settings", new[0, 1:], np.array([3.25]))


def test_a_mistake_that_gives_the_number_is_told():
    def without_gamma(q, s, a, r, after, over, alpha, gamma):
        q = q.copy()
        q[s, a] += alpha * (r + q[after].max() - q[s, a])
        return q

    said = said_of("q_update", without_gamma, of_q_update)
    assert said == ("q[0, 1] is 6.5; it should be 6.1. That is what comes out if γ is left out.")


def test_the_rest_of_a_test_tells_apart_what_gives_the_same_number_first():
    """With α = 0.5 and γ = 0.9 both give 6.5."""

    def swapped(q, s, a, r, after, over, alpha, gamma):
        return RIGHT["q_update"](q, s, a, r, after, over, gamma, alpha)

    assert "if α and γ have changed places." in said_of("q_update", swapped, of_q_update)


def test_where_no_mistake_fits_there_is_no_reason():
    said = said_of("q_update", lambda q, *rest: q + 0.125, of_q_update)
    assert said == "q[0, 1] is 2.125; it should be 6.1."
    assert said_of(
        "other", lambda: 1, lambda other: checks.close("x", np.ones(1), np.zeros(1))
    ) == ("x is 1; it should be 0.")


def test_an_error_gets_its_reason_as_a_note():
    def old_gym(env, episodes, alpha, epsilon, gamma, rng):
        _state, _reward, _over, _info = env.step(env.reset()[0])

    def test(q_learning):
        env = checks.environment(MDP([[[0.0]]], [[1.0]], discount=1.0), 1)
        q_learning(env, 1, 0.5, 0.5, 0.9, checks.generator(2))

    with pytest.raises(ValueError, match="unpack") as caught:
        checks.step({"q_learning": old_gym})(test)
    assert "which returns five" in caught.value.__notes__[0]


@pytest.mark.parametrize("step", KNOWN)
def test_mistakes_have_words_that_fit_the_sentence(step):
    words = [known.words for known in KNOWN[step]]
    assert all(known.wrong and not known.words.endswith(".") for known in KNOWN[step])
    assert all("?" not in one and one[0] in "`" + one[0].lower() + "εγαπηΔSYQDθ" for one in words)
    assert step in RIGHT


def test_right_answers_are_those_that_stand_in():
    assert CORRECT.keys() <= RIGHT.keys()
    mdp, v = checks.random_mdp(checks.generator(1), 4, 3, 0.9), np.arange(4.0)
    assert np.allclose(RIGHT["action_values"](mdp, v), CORRECT["action_values"](mdp, v))


@pytest.mark.parametrize(
    "place", sorted({place for pages in PAGES.values() for place in pages.values()})
)
def test_the_book_has_the_places_that_explain_mistakes(place):
    page, _, label = place.partition("#")
    text = (Path(__file__).parents[3] / "book" / f"{page}.md").read_text("utf8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert label in {re.sub(r"[^a-z0-9]+", "-", one.lower()).strip("-") for one in headings}
