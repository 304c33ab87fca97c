"""The website: built strictly, self-contained, accessible, and of one page form."""

import gzip
import os
import re
import shutil
import weakref
from pathlib import Path

import pytest
import yaml
from website import violations

from course.grading.assignment import Assignment
from course.grading.files import Handed
from course.grading.notebooks import read
from course.grading.results import Mark, Result
from course.grading.submission import documents
from course.samples import hard_cases
from course.sandbox.statuses import STATUSES
from course.site.book import _missing_alternatives, build

# What Sphinx's extensions still call is deprecated; that is theirs to change.
pytestmark = pytest.mark.filterwarnings("ignore")

ROOT = Path(__file__).parents[3]
BOOK = ROOT / "book"
PAGES = [*sorted(page.stem for page in BOOK.glob("*.md")), "genindex", "search"]
TOC = yaml.safe_load((BOOK / "_toc.yml").read_text("utf8"))
CHAPTERS = [
    chapter["file"] for part in TOC["parts"] if part.get("numbered") for chapter in part["chapters"]
]


@pytest.mark.parametrize("name", PAGES)
def test_page_is_self_contained_and_accessible(site, visit, name):
    page, problems = visit(site, name)
    assert problems == []
    assert violations(page, "light") + violations(page, "dark") == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if os.environ.get("SLOW"):
        page.reload(wait_until="networkidle")
        assert violations(page, "light") + violations(page, "dark") == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_loads_what_it_shows(site, visit, name):
    """No script of formulas or icons, half a megabyte at most, and nothing jumps."""
    html = (site / f"{name}.html").read_text("utf8")
    assert "fontawesome.js" not in html
    assert not re.search(r"<script[^>]*mathjax", html, re.I)
    assert "data:image/png" not in html
    page, _ = visit(site, "search")
    received = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.responseReceived", lambda event: received.append(event["response"]["url"]))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(page.url.replace("search.html", f"{name}.html"), wait_until="load")
    shift = page.evaluate(
        """() => new Promise(done => { let sum = 0; new PerformanceObserver(list => {
            for (const entry of list.getEntries()) sum += entry.value; })
            .observe({type: "layout-shift", buffered: true}); setTimeout(() => done(sum), 500); }
        )"""
    )
    assert shift < 0.05
    files = {site / url.split("/", 3)[3].partition("?")[0] for url in received if "http" in url}
    packed = [file for file in files if file.suffix in (".html", ".css", ".js", ".svg", "")]
    weight = sum(
        len(gzip.compress(file.read_bytes())) if file in packed else file.stat().st_size
        for file in files
        if file.is_file() and "_images" not in file.parts
    )
    assert 50_000 < weight < 500_000


def test_the_map_shows_where_a_reader_is(site, visit):
    page, problems = visit(site, "intro")
    page.evaluate("localStorage.clear()")
    page.reload()
    links = page.locator(".course-map li a")
    assert [link.get_attribute("href") for link in links.all()] == [f"{c}.html" for c in CHAPTERS]
    assert page.locator(".course-map [aria-current]").count() == 0
    links.first.click()
    page.locator("#summary").scroll_into_view_if_needed()
    page.wait_for_function("localStorage.getItem('course-read')")
    page.go_back()
    page.reload()
    assert "read" in page.locator(".course-map li").first.inner_text()
    here = page.locator(".course-map [aria-current]")
    assert here.get_attribute("href") == f"{CHAPTERS[1]}.html"
    assert violations(page, "light") + violations(page, "dark") + problems == []
    page.evaluate("localStorage.clear()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_prints_dark_on_light_and_without_what_needs_a_mouse(site, visit, scheme):
    page, problems = visit(site, "bellman")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="Download this page").click()
    page.locator(".btn-download-pdf-button").click()
    assert page.evaluate("window.printed")
    page.emulate_media(media="print", color_scheme=scheme)
    for needless in (".bd-header", ".bd-sidebar-primary", ".live", ".practice-buttons"):
        assert not page.locator(needless).first.is_visible()
    colours = page.evaluate(
        """() => [getComputedStyle(document.body).backgroundColor,
                  getComputedStyle(document.querySelector('article p')).color]"""
    )
    paper, ink = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours)
    assert paper == 3 * 255
    assert ink < 150
    assert page.pdf(format="A4").startswith(b"%PDF-")
    assert problems == []


def test_a_word_is_explained_where_it_stands(site, visit):
    page, problems = visit(site, "bellman")
    word, note = page.locator('a[href*="#term-"]').first, page.get_by_role("tooltip")
    assert note.count() == 0
    word.focus()
    note.wait_for()
    assert len(note.inner_text().split()) > 5
    assert word.get_attribute("aria-describedby") == note.get_attribute("id")
    assert violations(page, "light") + violations(page, "dark") == []
    page.keyboard.press("Escape")
    assert note.count() == 0
    word.hover()
    note.wait_for()
    note.hover()
    page.mouse.move(0, 0)
    note.wait_for(state="hidden")
    assert problems == []


def test_a_published_site_knows_its_address(tiny, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://someone.example/course")
    assert tiny("Text.") == 0
    page = (tiny.html / "page0.html").read_text("utf8")
    assert 'property="og:url" content="https://someone.example/course/page0.html"' in page
    assert 'content="https://someone.example/course/_static/course.png"' in page


def test_colab_and_binder_stand_where_the_repository_has_an_address(tiny, tmp_path):
    settings = (ROOT / "_config.yml").read_text("utf8")
    config = tmp_path / "_config.yml"
    config.write_text(settings.replace('url: ""', "url: https://github.com/some/one"), "utf8")
    assert tiny("```{code-cell}\n1\n```\n") == 0
    assert "colab" not in (tiny.html / "page0.html").read_text("utf8").lower()
    assert tiny("```{code-cell}\n1\n```\n", config=config) == 0
    page = (tiny.html / "page0.html").read_text("utf8")
    assert "colab.research.google.com/github/some/one/blob/notebooks/book/page0.ipynb" in page
    assert "mybinder.org/v2/gh/some/one/notebooks?urlpath=lab/tree/book/page0.ipynb" in page


def test_an_exercise_in_a_page_follows_its_solution(tiny, tmp_path):
    config = tmp_path / "_config.yml"
    shutil.copy(ROOT / "_config.yml", config)
    solution = tmp_path / "solutions" / "value_iteration" / "value_iteration.ipynb"
    solution.parent.mkdir(parents=True)
    text = (ROOT / "solutions" / "value_iteration" / "value_iteration.ipynb").read_text("utf8")
    for old, shown in (("", ""), ("by one step of lookahead.", "a step further.")):
        solution.write_text(text.replace(old, shown) if old else text, "utf8")
        assert tiny(":::{practice} value_iteration action_values\n:::", config=config) == 0
        page = (tiny.html / "page0.html").read_text("utf8")
        assert ("a step further." in page) == bool(old)
        assert (
            "transitions @ v"
            not in page.partition('class="practice"')[2].partition("def visible")[0]
        )
    assert tiny(":::{practice} value_iteration setup\n:::", config=config) == 1


def test_what_is_missing_is_said_in_any_folder(site, visit):
    page, problems = visit(site, "404")
    home = page.url.removesuffix("404.html")
    page.route(f"{home}lost/in/space", lambda route: route.fulfill(path=site / "404.html"))
    page.goto(f"{home}lost/in/space", wait_until="networkidle")
    page.get_by_role("link", name="the first page").click()
    assert page.url == f"{home}intro.html"
    assert problems == []


def test_feedback_is_accessible(visit, tmp_path):
    name = hard_cases.NAME
    assignment = Assignment.read(ROOT / "solutions" / name / f"{name}.ipynb")
    marks = [
        Mark(test.name, test.step, 0.0, test.points, status, "q[0, 0] is 0; it should be 4. " * 9)
        for test, status in zip(assignment.tests, STATUSES, strict=False)
    ]
    result = Result("Ada", name, "key", tuple(marks), ("the file is not in UTF-8",))
    handed = Handed("Ada", tuple(read(hard_cases.CASES[0].notebook())[0]))
    (tmp_path / "page.html").write_text(documents(assignment, handed, result).page, "utf8")
    page, problems = visit(tmp_path, "page")
    assert problems == []
    assert violations(page, "light") + violations(page, "dark") == []


def cell(code, options=""):
    return f"```{{code-cell}} ipython3\n{options}{code}\n```\n"


PLOT = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])"
REFERENCE = "See {ref}`nowhere`.\n"
FAULTS = {
    cell("1 / 0"): "ZeroDivisionError",
    cell("import warnings\nwarnings.warn('old')"): "stderr was found in the cell outputs",
    "```{nonsense}\n```\n": "Unknown directive type: 'nonsense'",
    REFERENCE: "undefined label: 'nowhere'",
    "See {cite:t}`nobody1900`.\n": 'could not find bibtex key "nobody1900"',
}
CLOSING = "The book was not built: see the messages above.\n"


def test_build_fails_on_what_sphinx_warns_of_and_lists_all_of_it(tiny, capfd):
    assert tiny(*FAULTS) == 1
    printed = capfd.readouterr().err
    for number, message in enumerate(FAULTS.values()):
        assert message in printed
        assert re.search(rf"page{number}\.md.*WARNING", printed)
    assert printed.endswith(CLOSING)
    assert "sphinx" not in printed.lower(), "a traceback of the builder is no help"


def test_build_fails_on_pictures_without_alternative(tiny, capfd):
    assert tiny(cell(PLOT), "![](_static/logo.svg)\n") == 1
    *printed, closing = capfd.readouterr().err.splitlines(keepends=True)
    # On a busy machine a kernel may have something to say of its own.
    first, second = (line for line in printed if "alternative" in line)
    assert re.match(r"page0\.html: the image _images/\w+\.png has no text alternative", first)
    assert second.startswith("page1.html: the image _images/logo.svg has no text alternative")
    assert closing == CLOSING


def test_build_fails_until_the_fault_is_mended(tiny):
    assert [tiny(text) for text in (REFERENCE, REFERENCE, "Well.\n", "Well.\n")] == [1, 1, 0, 0]


def test_pages_that_are_light_pass_the_check_of_pictures(tiny):
    """A build that goes on meets them, where Sphinx does not write them anew."""
    wide = "plt.subplots(1, 2, figsize=(9, 3))[1][1].plot([1, 2])"
    alternative = "---\nmystnb:\n  image:\n    alt: Two panels\n---\n"
    assert tiny(cell(f"import matplotlib.pyplot as plt\n_ = {wide}", alternative)) == 0
    assert 'alt=""' in (tiny.html / "page0.html").read_text("utf8")
    assert list(_missing_alternatives(tiny.html)) == []


def test_a_build_is_not_disturbed_by_what_others_have_left(tiny):
    """A proxy whose object is gone, held by some other library."""

    class Gone:
        pass

    thing = Gone()
    left = [weakref.proxy(thing)]
    del thing
    assert tiny("Text.") == 0
    assert left


def test_figure_with_alternative_and_glued_number_are_shown(tiny):
    alternative = "---\nmystnb:\n  image:\n    alt: A rising line\n---\n"
    glue = "from myst_nb import glue\nglue('third', 1 / 3, display=False)"
    assert (
        tiny(cell(PLOT, alternative) + cell(glue) + "\nA third is {glue:text}`third:.2f`.\n") == 0
    )
    html = (tiny.html / "page0.html").read_text("utf8")
    assert 'alt="A rising line"' in html
    assert re.search(r"A third is <span[^>]*>0\.33</span>", html)


def test_explorer_is_moved_by_keyboard_on_a_page_without_kernel(tiny, visit):
    code = """\
import matplotlib.pyplot as plt
from rl_lib.plots.widgets import explore

def draw(n):
    figure, axes = plt.subplots(figsize=(3, 2))
    axes.bar(range(n), range(n))
    return figure

explore(draw, "Bars", [2, 4, 8], value=4, alt=lambda n: f"{n} bars")
"""
    assert tiny(cell(code)) == 0
    assert "widget-state" not in (tiny.html / "page0.html").read_text("utf8")
    page, problems = visit(tiny.html, "page0")
    slider, picture = page.get_by_label("Bars"), page.locator(".explorer img:visible")
    assert picture.get_attribute("alt") == "4 bars"
    before = picture.get_attribute("src")
    slider.press("ArrowRight")
    assert picture.get_attribute("alt") == "8 bars"
    assert picture.get_attribute("src") != before
    assert slider.get_attribute("aria-valuetext") == page.locator("output").inner_text() == "8"
    assert problems == []
    assert violations(page, "light") + violations(page, "dark") == []


@pytest.mark.slow
def test_another_cold_build_gives_the_same_pages(site, tmp_path):
    assert build(BOOK, ROOT / "_config.yml", tmp_path) == 0
    first, second = (
        # On the page of the build's status stands how long each page took.
        {page.name: page.read_bytes() for page in html.glob("*.html") if page.stem != "status"}
        for html in (site, tmp_path / "html")
    )
    assert first == second


OBJECTIVES = re.compile(
    r"^(:::+)\{admonition\} After this page\n:class: objectives\n(.*?)^\1$", re.M | re.S
)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_has_the_page_form(chapter):
    text = (BOOK / f"{chapter}.md").read_text("utf8")
    objectives = OBJECTIVES.search(text)
    assert objectives, "no ':::{admonition} After this page' with ':class: objectives'"
    assert re.search(r"^- \*\w+\*", objectives[2], re.M), "no objective that starts with a *verb*"
    assert re.search(r"^\*\*Prerequisites:\*\* \S", objectives[2], re.M)
    assert re.search(r"^\*\*Time:\*\* \d+ minutes", objectives[2], re.M)
    assert objectives.start() < text.index("\n## "), "the objectives stand before every section"
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    assert "\n:::{admonition} To take away\n" in sections.get("Summary", ""), "nothing to take away"
    assert "{cite" in sections.get("Further reading", ""), "no citation in '## Further reading'"
