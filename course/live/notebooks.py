"""Pages as notebooks for a reader's Jupyter, which knows nothing of Sphinx.

The code is the page's own. In the text, boxes become quotations, answers fold, formulas are
counted, and numbers that the page computed are filled in as they were when it was built.
"""

import copy
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from myst_nb.core.read import myst_nb_reader_plugin
from myst_nb.core.variables import format_plain_text
from pybtex.database import parse_file

from course.site.launch import live_pages

KERNEL = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}
WEB_ONLY = {"bibliography", "course-map", "eval-rst", "nb-exec-table", "practice", "raw"}
FOLDED = {"dropdown", "solution"}
TITLES = {"note": "Note", "solution": "Solution"}


def live_notebook(book: Path, page: str, cache: Any) -> Any:
    """The page as a notebook, without outputs.

    Parameters
    ----------
    book : Path
        Folder of the pages.
    page : str
        Name of one.
    cache : JupyterCacheAbstract
        Pages as they were run for the website.
    """
    notebook = myst_nb_reader_plugin(str(book / f"{page}.md"))
    _, executed = cache.merge_match_into_notebook(copy.deepcopy(notebook))
    write = _Text(book, page, _glued(executed))
    cells = []
    for number, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code":
            hidden = {"hide-input", "remove-input", "remove-cell", "hide-cell"} & {*tags}
            new = nbformat.v4.new_code_cell(cell.source)
            new.metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
            if "raises-exception" in tags:
                new.metadata["tags"] = ["raises-exception"]
        else:
            text = write(cell.source)
            if not text:
                continue
            new = nbformat.v4.new_markdown_cell(text)
        new.id = f"cell-{number}"
        cells.append(new)
    return nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)


def _glued(notebook: Any) -> dict[str, str]:
    """What the page computed for its text."""
    found = {}
    for output in (each for cell in notebook.cells for each in cell.get("outputs", [])):
        name = output.get("metadata", {}).get("scrapbook", {}).get("name")
        text = output.get("data", {}).get("application/papermill.record/text/plain")
        if name and text is not None:
            found[name] = text
    return found


class _Text:
    """Writes one page's text for a notebook."""

    def __init__(self, book: Path, page: str, glued: dict[str, str]) -> None:
        self._book, self._page, self._glued = book, page, glued
        self._live = live_pages(book)
        self._authors = _authors(book / "references.bib")
        self._labels = _labels(book)
        here = [label for label, place in self._labels.items() if place == (page, "")]
        self._numbers = {label: number for number, label in enumerate(here, 1)}

    def __call__(self, text: str) -> str:
        return "\n".join(self._boxes(text.split("\n"))).strip()

    def _boxes(self, lines: list[str]) -> Iterator[str]:
        rest, plain = iter(lines), list[str]()
        for line in rest:
            opening = re.match(r"\s*(:{3,}|`{3,})(?:\{([\w:-]+)\})? *(.*)$", line)
            if re.fullmatch(r"\([\w-]+\)=", line):
                continue
            if opening is None:
                plain.append(line)
                continue
            yield from self._written(plain)
            fence, kind, title = opening.groups()
            body = []
            for inner in rest:
                if inner.strip() == fence:
                    break
                body.append(inner)
            if kind is None:  # code, which stays as it is
                yield from (line, *body, fence)
            else:
                yield from self._box(kind, title, list(_without_options(body)))
        yield from self._written(plain)

    def _written(self, plain: list[str]) -> Iterator[str]:
        """What has been gathered, in words that Jupyter understands."""
        if plain:
            yield self._roles("\n".join(plain))
            plain.clear()

    def _box(self, kind: str, title: str, body: list[str]) -> Iterator[str]:
        if kind in WEB_ONLY:
            return
        inside = "\n".join(self._boxes(body)).strip("\n")
        kind = kind.removeprefix("prf:")
        if kind in FOLDED:
            title = TITLES.get(kind, title)
            yield from ("<details><summary>", "", title, "", "</summary>", "", inside, "")
            yield "</details>"
            return
        if kind not in ("admonition", "note"):
            title = f"{kind.capitalize()}: {title}" if title else kind.capitalize()
        yield f"> **{title or TITLES.get(kind, '')}**"
        yield ">"
        # In a quotation, a formula of several lines would have the marks of the quotation in it.
        inside = re.sub(r"\$\$.+?\$\$", lambda found: " ".join(found[0].split("\n")), inside,
                        flags=re.S)  # fmt: skip
        yield from (f"> {line}".rstrip() for line in inside.split("\n"))

    def _roles(self, text: str) -> str:
        text = FORMULA.sub(self._formula, text)
        roles: dict[str, Callable[[str], str]] = {
            "doc": self._link,
            "term": lambda words: re.sub(r" *<.*>$", "", words),
            "eq": self._equation,
            "numref": lambda label: "the figure",
            "prf:ref": self._boxed,
            "math": lambda formula: f"${formula}$",
            "glue:text": self._number,
            "cite:t": lambda keys: self._cited(keys, "{} ({})"),
            "cite:p": lambda keys: f"({self._cited(keys, '{} {}')})",
        }
        return re.sub(
            r"\{([\w:]+)\}`([^`]*)`",
            lambda found: roles[found[1]](found[2]) if found[1] in roles else found[0],
            text,
        )

    def _link(self, target: str) -> str:
        words, name = re.fullmatch(r"(?:(.*?) *<)?(.*?)>?", target, re.S).groups()  # type: ignore[union-attr]
        words = words or _title(self._book / f"{name}.md")
        return f"[{words}](<{name}.ipynb>)" if name in self._live else words

    def _formula(self, found: re.Match[str]) -> str:
        formula, label = found[1], found[2]
        if r"\\" in formula and r"\begin{align" not in formula:
            formula = f"\n\\begin{{aligned}}{formula}\\end{{aligned}}\n"
        tag = f"\\tag{{{self._numbers[label]}}}\n" if label else ""
        return f"$${formula}{tag}$$"

    def _equation(self, label: str) -> str:
        if label in self._numbers:
            return f"({self._numbers[label]})"
        page, _ = self._labels[label]
        return f"(see {self._link(page)})"

    def _boxed(self, label: str) -> str:
        page, title = self._labels[label]
        return f"*{title}*" if page == self._page else f"*{title}* ({self._link(page)})"

    def _number(self, asked: str) -> str:
        name, _, form = asked.partition(":")
        return format_plain_text(self._glued[name], form)

    def _cited(self, keys: str, form: str) -> str:
        return "; ".join(form.format(*self._authors[key.strip()]) for key in keys.split(","))


FORMULA = re.compile(r"\$\$(.+?)\$\$(?: \(([\w-]+)\))?", re.S)


def _labels(book: Path) -> dict[str, tuple[str, str]]:
    """Of each label, its page; and of a box, what it is called there."""
    found = {}
    for path in sorted(book.glob("*.md")):
        text = path.read_text("utf8")
        for _, label in FORMULA.findall(text):
            if label:
                found[label] = (path.stem, "")
        boxes = re.findall(r"^:::\{prf:(\w+)\} *(.*)\n:label: ([\w-]+)$", text, re.M)
        for kind, title, label in boxes:
            found[label] = (path.stem, title or f"the {kind}")
    return found


def _without_options(body: list[str]) -> Iterator[str]:
    """The lines after those that tell Sphinx how to show them."""
    options = True
    for line in body:
        options = options and re.match(r":[\w-]+:", line) is not None
        if not options:
            yield line


@cache
def _title(page: Path) -> str:
    found = re.search(r"^# (.+)$", page.read_text("utf8"), re.M)
    return found[1] if found else page.stem


@cache
def _authors(bibliography: Path) -> dict[str, tuple[str, str]]:
    """Of each work, who wrote it and when."""
    known = {}
    for key, entry in parse_file(str(bibliography)).entries.items():
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [" ".join((*one.prelast_names, *one.last_names)).strip("{}") for one in people]
        if len(names) > 2:
            names = [f"{names[0]} et al."]
        known[key] = (" and ".join(names), entry.fields.get("year", ""))
    return known
