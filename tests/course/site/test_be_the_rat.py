"""Be the rat: a browser plays as a known agent, and its reward comes back."""

import json
import re
import shutil
from datetime import UTC, datetime

import numpy as np
import pytest
import yaml
from patience import PATIENCE
from website import violations

from course.site.book import build
from rl_lib import (
    anchored_reward,
    laboratory_rat,
    read_trials,
    release_distribution,
    release_reward,
)

# What Sphinx's extensions still call is deprecated; that is theirs to change.
# One worker builds the page, once.
pytestmark = pytest.mark.filterwarnings("ignore")

N_BINS, CUE, CLOSE, MIN_VISITS = 30, 16, 22, 10
EXAMPLE = re.compile(r'("example": \{"name": "eager", "releases": )\[.*?\]')


@pytest.fixture(scope="module")
def built(tmp_path_factory, request):
    """The page, in a book in which the others are empty."""
    root = request.config.rootpath
    folder = tmp_path_factory.mktemp("rat")
    book = folder / "book"
    shutil.copytree(root / "book" / "_static", book / "_static")
    for name in ("be_the_rat.md", "be_the_rat.html", "references.bib"):
        shutil.copy(root / "book" / name, book)
    text = (book / "be_the_rat.md").read_text("utf8")
    others = set(re.findall(r"\{doc\}`(\w+)`", text))
    for name in others:
        (book / f"{name}.md").write_text(f"# {name}\n\nText.\n", "utf8")
    terms = "".join(
        f"{term}\n  A word.\n\n" for term in sorted(set(re.findall(r"\{term\}`(\w+)`", text)))
    )
    (book / "words.md").write_text(
        f"# Words\n\n```{{glossary}}\n{terms}```\n\n```{{bibliography}}\n```\n", "utf8"
    )
    chapters = [{"file": name} for name in (*sorted(others), "words")]
    toc = {"format": "jb-book", "root": "be_the_rat", "chapters": chapters}
    (book / "_toc.yml").write_text(yaml.safe_dump(toc), "utf8")
    assert build(book, root / "_config.yml", folder / "_build") == 0
    return folder / "_build" / "html"


@pytest.fixture
def context(browser):
    """One for each test: a stopped clock stops all pages of a context."""
    with browser.new_context() as context:
        context.set_default_timeout(1000 * PATIENCE)
        yield context


@pytest.fixture
def game(built, visit):
    """The page, with its time stopped; what goes wrong; and what it asked for since."""
    page, problems = visit(built, "be_the_rat")
    stop_time(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    return page, problems, asked


def stop_time(page):
    page.clock.install(time=datetime(2026, 1, 1, tzinfo=UTC))
    page.clock.pause_at(datetime(2026, 1, 1, 1, tzinfo=UTC))


def milliseconds(release):
    """The middle of a bin, or a little longer than a trial."""
    return 3050 if release < 0 else 100 * int(release) + 50


def play(page, releases):
    page.locator(".lever").focus()
    for release in releases:
        page.keyboard.down("Space")
        page.clock.run_for(milliseconds(release))
        page.keyboard.up("Space")


def download(page):
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the trials").click()
    return waiting.value


def table(page):
    """What the table of the result holds, exactly: a row for each bin."""
    values = page.eval_on_selector_all(
        ".rat-game tbody tr",
        "rows => rows.map(row => [...row.querySelectorAll('data')].map(each => each.value))",
    )
    return np.array([[float(value or "nan") for value in row] for row in values])


def same(shown, releases):
    """The page's result is `release_reward`'s; intervals are those of other random numbers."""
    rng = np.random.default_rng(0)
    found = release_reward(releases, N_BINS, min_visits=MIN_VISITS, n_draws=20_000, rng=rng)
    visits, released, policy, reward, relative, low, high = shown.T
    np.testing.assert_array_equal(visits, found.visits)
    np.testing.assert_array_equal(released, found.releases)
    np.testing.assert_allclose(policy, found.policy[:, 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(reward, found.reward[:, 1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(relative, found.relative, rtol=0, atol=1e-6)
    # A quantile of a thousand draws is off by some hundredths of the interval's length.
    slack = 0.1 * (found.high - found.low) + 0.05
    assert (np.abs(low - found.low) <= slack)[found.told].all()
    assert (np.abs(high - found.high) <= slack)[found.told].all()
    np.testing.assert_array_equal(np.isnan(low), ~found.told)


def simulate(policy, n, rng):
    return rng.choice(np.append(np.arange(N_BINS), -1), n, p=release_distribution(policy))


def test_an_agent_that_plays_gets_its_reward_back(game, tmp_path, rng):
    page, problems, asked = game
    agent = laboratory_rat("eager")
    releases = simulate(agent.policy, 60, rng)
    kept = "[localStorage.length, sessionStorage.length, document.cookie, indexedDB.databases]"
    before = page.evaluate(kept)
    play(page, releases)
    shown = table(page)
    same(shown, releases)
    told = ~np.isnan(shown[:, 4])
    truth = anchored_reward(agent.mdp, agent.policy, 0).reward[:, 1]
    truth -= truth[told].mean()
    inside = ((shown[:, 5] <= truth) & (truth <= shown[:, 6]))[told]
    assert inside.mean() > 0.75
    summary = page.locator(".summary").inner_text()
    treats = int(((releases >= CUE) & (releases < CLOSE)).sum())
    assert f"in time in {treats} of 60 trials" in summary
    middle, low, high = map(
        float, re.search(r"about (\S+) .*interval (\S+) to (\S+)\)", summary).groups()
    )
    true = truth[CUE:CLOSE][told[CUE:CLOSE]].mean() - truth[:CUE].mean()
    assert low < middle < high
    assert low <= true <= high

    file = download(page)
    assert file.suggested_filename == "be-the-rat-1.csv"
    file.save_as(tmp_path / "trials.csv")
    demonstrations, _, actions = read_trials(tmp_path / "trials.csv")
    assert actions == ("hold", "release")
    assert len(demonstrations) == 60
    counts = np.zeros((N_BINS, 2))
    np.add.at(counts, (demonstrations.states, demonstrations.actions), 1)
    np.testing.assert_array_equal(counts.sum(axis=1), shown[:, 0])
    np.testing.assert_array_equal(counts[:, 1], shown[:, 1])
    assert demonstrations.ended.sum() == 60

    assert problems == []
    assert [url for url in asked if not url.startswith("blob:")] == []
    assert page.evaluate(kept) == before


def test_holding_to_the_end_is_a_trial_without_release(game, tmp_path):
    page, *_ = game
    page.locator(".lever").focus()
    play(page, [-1, 17, 25, 3] * 5)
    assert "20 of 60" in page.get_by_role("status").first.inner_text()
    page.get_by_role("button", name="Finish now").click()
    same(table(page), np.array([-1, 17, 25, 3] * 5))
    file = download(page)
    lines = file.path().read_text("utf8").splitlines()
    assert lines[0] == "session,trial,state,action,end"
    assert lines[30:32] == ["1,1,29,hold,1", "1,2,0,hold,0"]
    page.get_by_role("button", name="Play again").click()
    assert not page.locator(".result").is_visible()
    play(page, [18] * 20)
    page.get_by_role("button", name="Finish now").click()
    file = download(page)
    assert file.path().read_text("utf8").splitlines()[1] == "2,1,0,hold,0"


def test_the_example_is_called_simulated_and_play_goes_on(game):
    page, problems, asked = game
    play(page, [18] * 5)
    page.get_by_role("button", name="Show an example").click()
    assert "simulated" in page.locator(".summary").inner_text()
    assert "simulated" in page.locator(".legend").inner_text()
    data = json.loads(page.locator("#rat-data").text_content())
    same(table(page), np.array(data["example"]["releases"]))
    for rat in data["rats"]:
        np.testing.assert_allclose(rat["policy"], laboratory_rat(rat["name"]).policy[:, 1])
    file = download(page)
    assert file.suggested_filename == "be-the-rat-simulated.csv"
    assert file.path().read_text("utf8").splitlines()[1].startswith("simulated,1,0,")
    play(page, [18] * 15)
    page.get_by_role("button", name="Finish now").click()
    same(table(page), np.array([18] * 20))
    assert problems == []
    assert [url for url in asked if not url.startswith("blob:")] == []


# How many trials, and the hazards between which those of the agent lie.
KINDS = {
    "any": (60, (0.0, 0.08)),
    "early": (60, (0.2, 0.6)),
    "never": (60, (0.0, 1e-9)),
    "few": (20, (0.0, 0.04)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_estimate_is_that_of_the_library_for_any_trials(page_with, kind, rng):
    """Whatever an example holds; among it games that never reach the cue, and always do."""
    n, hazard = KINDS[kind]
    policy = rng.uniform(*hazard, N_BINS)
    releases = simulate(np.stack((1 - policy, policy), axis=1), n, rng)
    page = page_with(releases.tolist())
    page.get_by_role("button", name="Show an example").click()
    same(table(page), releases)
    told = page.locator(".summary").inner_text()
    assert ("cannot be told" in told) == (table(page)[CUE, 0] < MIN_VISITS) == (kind == "early")
    assert "NaN" not in page.locator(".rat-game").inner_html()


@pytest.fixture
def page_with(context, serve, built):
    """The page with another example in it."""
    page = context.new_page()

    def open_page(releases):
        html = (built / "be_the_rat.html").read_text("utf8")
        body, found = EXAMPLE.subn(rf"\g<1>{json.dumps(releases)}", html)
        assert found == 1
        page.route("**/be_the_rat.html", lambda route: route.fulfill(body=body))
        page.goto(f"{serve(built)}be_the_rat.html")
        return page

    yield open_page
    page.close()


def test_the_cue_comes_in_its_time_and_the_verdict_says_by_how_much(game):
    page, *_ = game
    lever, report = page.locator(".lever"), page.get_by_role("status").first
    lever.hover()
    page.mouse.down()
    page.clock.run_for(1550)
    assert lever.get_attribute("data-state") == "held"
    page.clock.run_for(100)
    assert lever.get_attribute("data-state") == "cue"
    assert "Let go!" in lever.inner_text()
    page.clock.run_for(250)
    page.mouse.up()
    assert report.inner_text() == "A treat, 0.30 s after the cue. 1 of 60."
    play(page, [11, 24, -1])
    assert "You held to the end" in report.inner_text()
    assert page.get_by_role("button", name="Finish now").is_disabled()


def test_an_interrupted_press_does_not_count(game):
    page, *_ = game
    report = page.get_by_role("status").first
    page.locator(".lever").focus()
    page.keyboard.down("Space")
    page.clock.run_for(500)
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    assert "does not count" in report.inner_text()
    page.keyboard.up("Space")
    play(page, [18])
    assert report.inner_text().endswith("1 of 60.")


def test_space_scrolls_the_page_but_not_at_the_lever(built, visit):
    page, _ = visit(built, "be_the_rat")
    page.locator(".lever").focus()
    before = page.evaluate("scrollY")
    page.keyboard.down("Space")
    page.wait_for_timeout(300)
    page.keyboard.up("Space")
    assert page.evaluate("scrollY") == before
    assert "Too early" in page.get_by_role("status").first.inner_text()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_function(f"scrollY > {before}")


def test_a_finger_plays_on_a_phone(browser, serve, built):
    phone = {"width": 390, "height": 844}
    with browser.new_context(viewport=phone, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(f"{serve(built)}be_the_rat.html")
        stop_time(page)
        lever = page.locator(".lever")
        lever.evaluate("each => each.scrollIntoView({block: 'center', behavior: 'instant'})")
        box, top = lever.bounding_box(), page.evaluate("scrollY")
        finger = context.new_cdp_session(page)
        point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        for _ in range(20):
            finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
            page.clock.run_for(1850)
            moved = {"x": point["x"], "y": point["y"] - 60}
            finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [moved]})
            finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert page.evaluate("scrollY") == top, "a finger on the lever scrolls nothing"
        page.get_by_role("button", name="Finish now").tap()
        same(table(page), np.array([18] * 20))
        width = page.evaluate("document.scrollingElement.scrollWidth")
        assert width <= phone["width"], "the page is wider than the phone"
        page.clock.resume()
        assert violations(page, "light") == []


def test_the_result_is_accessible(game):
    page, *_ = game
    page.locator(".lever").focus()
    page.keyboard.down("Space")
    page.clock.run_for(1700)
    page.evaluate("window.requestAnimationFrame = () => 0")  # the cue stays
    page.clock.resume()
    assert page.locator(".lever").get_attribute("data-state") == "cue"
    assert violations(page, "light") + violations(page, "dark") == []
    page.keyboard.up("Space")
    page.get_by_role("button", name="Show an example").click()
    assert violations(page, "light") + violations(page, "dark") == []
