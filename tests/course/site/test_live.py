"""Pages and exercises that run in the reader's browser, with nothing installed."""

import copy
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from graded import graded
from live import answer, completions, distribution, opened, run_all
from patience import PATIENCE
from website import violations

from course.check import check
from course.grading.assignment import Assignment
from course.layout import Course
from course.live.packages import ADDRESS
from course.samples.sample_class import fill_in, solutions_of
from course.sandbox.workers import Limits, Sandbox
from course.site.launch import live_pages

# What Sphinx's extensions still call is deprecated; that is theirs to change.
pytestmark = pytest.mark.filterwarnings("ignore")

ROOT = Path(__file__).parents[3]
PAGES = live_pages(ROOT / "book")
ALWAYS = {"intro", "bellman", "deep"}
EXERCISES = sorted(path.stem for path in (ROOT / "solutions").glob("*/*.ipynb"))
slow = pytest.mark.slow


@pytest.fixture(scope="session")
def pyodide():
    return distribution()


@pytest.fixture
def reader(browser, pyodide):
    """A browser of somebody who has never been here."""
    with browser.new_context() as context:
        context.set_default_timeout(1000 * PATIENCE)
        context.route(f"{ADDRESS}**", answer(pyodide))
        yield context


@pytest.fixture
def go(reader, serve, site):
    """Open a page of the site, and note what goes wrong on it."""
    problems = []

    def is_ours(address):
        """Any but the icon that a browser looks for by itself, at a place that is not ours."""
        return address != f"{serve(site)}favicon.ico"

    def watch(request):
        if not request.url.startswith((serve(site), "data:", "blob:", ADDRESS)):
            problems.append(f"request to another host: {request.url}")

    def watch_response(got):
        if got.status >= 400 and is_ours(got.url):
            problems.append(f"{got.status}: {got.url}")

    def watch_console(said):
        if said.type == "error" and is_ours(said.location["url"]):
            problems.append(f"console: {said.text}")

    def open_page(name):
        page = reader.new_page()
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.on("console", watch_console)
        page.goto(f"{serve(site)}{name}", wait_until="load")
        return page

    reader.on("request", watch)
    reader.on("response", watch_response)
    open_page.problems = problems
    return open_page


@pytest.mark.parametrize(
    "name", [name if name in ALWAYS else pytest.param(name, marks=slow) for name in PAGES]
)
def test_a_page_runs_to_its_end(go, name):
    page = go(f"{name}.html")
    page.locator(".live-open").first.click()
    opened(page)
    found = run_all(page)
    assert found["errors"] == []
    assert found["notRun"] == 0
    assert found["pictures"] >= 1
    assert any("isalnum" in offered for offered in completions(page, "str.isal"))
    assert go.problems == []


FILL = """(answers) => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
    for (const cell of cells) {
        const step = cell.getMetadata('nbgrader')?.grade_id;
        if (step in answers) cell.setSource(answers[step]);
    }
}"""


def download(page, folder):
    page.locator(".lm-MenuBar-itemLabel", has_text="File").first.click()
    with page.expect_download() as coming:
        page.locator(".lm-Menu-itemLabel", has_text="Download").first.click()
    file = folder / coming.value.suggested_filename
    coming.value.save_as(file)
    return file


@pytest.mark.parametrize(
    "name", [name if name == "q_learning" else pytest.param(name, marks=slow) for name in EXERCISES]
)
def test_an_exercise_solved_in_the_browser_gets_its_full_marks(go, name, tmp_path):
    page = go("exercises.html")
    page.get_by_role("link", name=name, exact=True).and_(page.locator(".live-open")).click()
    opened(page)
    master = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)
    right, wrong = solutions_of(master), tmp_path / f"{name}.ipynb"
    first = next(iter(right))
    mistaken = right | {first: f"def {first}(*arguments):\n    return 7"}
    nbformat.write(fill_in(copy.deepcopy(master), mistaken), wrong)
    page.evaluate(FILL, mistaken)
    said = [one.message for one in check(wrong, Course.find(ROOT))[0] if one.step == first]
    assert any(error.endswith(f"Wrong'>: {said[0]}") for error in run_all(page)["errors"])
    page.evaluate(FILL, right)
    found = run_all(page)
    assert found["errors"] == []
    assert found["text"].count("all tests of this cell pass") == len(solutions_of(master))
    file = download(page, tmp_path)
    assert file.name == f"{name}.ipynb"
    said, notes = check(file, Course.find(ROOT))
    assert notes == []
    assert all(one.passed for one in said)
    with Sandbox(Limits(), unsafe=shutil.which("bwrap") is None, hidden=(ROOT,)) as sandbox:
        marks = graded(
            Assignment.read(Course.find(ROOT).solution(name)), file.read_bytes(), sandbox
        )
    assert all(mark.points == mark.most for mark in marks.marks)
    assert go.problems == []


STUB = "# YOUR CODE HERE\n    raise NotImplementedError()"
WRONG = "return mdp.rewards + mdp.transitions @ v"
RIGHT = "return mdp.rewards + mdp.discount * mdp.transitions @ v"


def test_the_page_says_what_course_check_says(go, tmp_path):
    page = go("bellman.html")
    box = page.locator(".practice")
    field, said = box.locator("textarea"), box.locator(".practice-said")
    given = field.input_value()

    def checked(answer):
        field.fill(answer)
        field.press("Control+Enter")
        page.wait_for_function(
            "document.querySelector('.practice-said').className.match(/right|wrong/)"
        )
        return said.inner_text().strip()

    def by_command(answer):
        notebook = nbformat.read(
            ROOT / "exercises" / "value_iteration" / "value_iteration.ipynb", as_version=4
        )
        file = tmp_path / "value_iteration.ipynb"
        nbformat.write(fill_in(notebook, {"action_values": answer}), file)
        return next(one.message for one in check(file, Course.find(ROOT))[0] if one.message)

    assert violations(page, "light") + violations(page, "dark") == []
    assert checked(given) == by_command(given)
    wrong = given.replace(STUB, WRONG)
    assert checked(wrong) == by_command(wrong)
    assert "if γ is left out" in said.inner_text()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        if width == 390:  # the theme looks again at what scrolls, a moment later
            page.wait_for_function("document.querySelector('#codecell0').tabIndex === 0")
        assert violations(page, "light") + violations(page, "dark") == []
    assert "line 1" in checked("def action_values(mdp, v)\n    return v")
    assert "(line 16)" in checked(given.replace(STUB, "return nothing"))
    assert "did not stop" in checked(given.replace(STUB, "while True: pass"))
    right = given.replace(STUB, RIGHT)
    assert checked(right) == "action_values: all tests of this cell pass."
    assert "practice-right" in said.get_attribute("class")
    assert violations(page, "light") + violations(page, "dark") == []
    page.reload()
    assert field.input_value() == right
    box.get_by_role("button", name="Start over").click()
    assert field.input_value() == given
    page.keyboard.press("Control+z")
    assert field.input_value() == right
    assert go.problems == []


PRACTICES = [
    (page.stem, *step)
    for page in sorted((ROOT / "book").glob("*.md"))
    for step in re.findall(r"^:::\{practice\} (\w+) (\w+)$", page.read_text("utf8"), re.M)
]


@pytest.mark.parametrize(("page", "name", "step"), PRACTICES)
def test_a_right_answer_passes_in_the_page(go, page, name, step):
    master = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)
    opened_page = go(f"{page}.html")
    box = opened_page.locator(f"#practice-{name}-{step}")
    box.locator("textarea").fill(solutions_of(master)[step])
    box.get_by_role("button", name="Check it").click()
    box.locator(".practice-right").wait_for()
    assert box.locator(".practice-said").inner_text() == f"{step}: all tests of this cell pass."
    assert go.problems == []


def test_a_check_can_be_stopped_and_needs_no_mouse(go):
    page = go("q_learning.html")
    box = page.locator(".practice")
    field = box.locator("textarea")
    field.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("while True:\npass")
    assert field.input_value() == "while True:\n    pass"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    box.locator(".practice-waits", has_text="Checking").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert box.locator(".practice-said").inner_text() == "Stopped."
    assert go.problems == []


def test_what_a_reader_changed_is_kept_and_the_original_is_one_click_away(go):
    page = go("bellman.html")
    again = page.get_by_role("button", name="start afresh")
    assert not again.is_visible()
    page.locator(".live-open").click()
    opened(page)
    first = "window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[0]"
    original = page.evaluate(f"{first}.getSource()")
    page.evaluate(f"{first}.setSource('# Mine')")
    page.evaluate("window.jupyterapp.shell.currentWidget.context.save()")
    page.go_back()
    page.locator(".live-open").click()
    opened(page)
    assert page.evaluate(f"{first}.getSource()") == "# Mine"
    page.go_back()
    again.focus()
    page.keyboard.press("Enter")
    opened(page)
    assert page.evaluate(f"{first}.getSource()") == original
    names = page.evaluate(
        "window.jupyterapp.serviceManager.contents.get('book', { content: true })"
        ".then((folder) => folder.content.map((each) => each.name))"
    )
    (mine,) = (name for name in names if name.startswith("bellman (yours, "))
    kept = page.evaluate(
        "(name) => window.jupyterapp.serviceManager.contents.get(`book/${name}`, { content: true })"
        ".then((file) => [file.content.cells[0].source].flat().join(''))",
        mine,
    )
    assert kept == "# Mine"
    page.goto(f"{page.url.partition('/live/')[0]}/live/index.html")
    page.get_by_text("book", exact=True).first.wait_for()
    assert go.problems == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_left_that_only_sphinx_understands(site, name):
    notebook = nbformat.read(site / "live" / "files" / "book" / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"^```.*?^```", "", cell.source, flags=re.M | re.S)
            assert not re.search(r"\{[\w:-]+\}`|^\s*:::|^\s*```\{|^\([\w-]+\)=", text, re.M)
            for formula in re.findall(r"\$\$(.+?)\$\$", text, re.S):
                assert "\n>" not in formula


def test_the_whole_site_is_light(site):
    weight = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert 20e6 < weight < 80e6
