"""From a page to its notebook: links to run it in the browser."""

import re
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

LIVE = "live"
"""Folder of the website with what runs in the browser."""

ZIP = "notebooks.zip"
"""File of the website with all notebooks."""

BRANCH = "notebooks"
"""Branch of the repository that Colab and Binder read."""


def live_pages(book: Path) -> list[str]:
    """Names of the pages that a reader can run: all with code, if they do not say `live: false`."""
    return sorted(path.stem for path in book.glob("*.md") if _is_live(path))


def _is_live(page: Path) -> bool:
    text = page.read_text("utf8") if page.is_file() else ""
    head = yaml.safe_load(text.split("---\n")[1]) if text.startswith("---\n") else {}
    return "kernelspec" in head and "{code-cell}" in text and head.get("live", True)


def address(notebook: str) -> str:
    """Where a notebook runs, from a page of the website."""
    return f"{LIVE}/notebooks/index.html?path={notebook}"


class LiveExercises(SphinxDirective):
    """The directive `live-exercises`: a list of links to all exercises."""

    def run(self) -> list[nodes.Node]:
        """Write it."""
        self.env.note_reread()
        solutions = Path(self.env.srcdir).parent / "solutions"
        names = sorted(path.stem for path in solutions.glob("*/*.ipynb"))
        repository = self.env.config.html_theme_options.get("repository_url", "")
        items = [
            " · ".join(
                [_links(f"{name}.ipynb", name), *elsewhere(repository, f"{name}.ipynb", name)]
            )
            for name in names
        ]
        listed = "".join(f"<li>{item}</li>" for item in items)
        return [nodes.raw("", f'<ul class="live">{listed}</ul>', format="html")]


def add_links(app: Sphinx, page: str, template: str, context: Any, doctree: Any) -> None:
    """Put links below the title of a page that can be run; and scripts where they are needed."""
    if "body" not in context:
        return
    body = context["body"]
    if _is_live(Path(app.srcdir, f"{page}.md")):
        notebook = f"book/{page}.ipynb"
        repository = app.config.html_theme_options.get("repository_url", "")
        links = " · ".join(
            [_links(notebook, "Run this page in your browser"),
             *elsewhere(repository, notebook),
             f'<a href="{ZIP}" download>download all notebooks</a>']
        )  # fmt: skip
        body = body.replace("</h1>", f'</h1>\n<p class="live">{links}</p>', 1)
    for kind in ("live", "practice"):
        if f'class="{kind}"' in body:
            body += f'<script type="module" src="_static/{kind}.mjs"></script>'
    context["body"] = body


def elsewhere(repository: str, notebook: str, name: str = "") -> list[str]:
    """Links to a notebook on Colab and Binder, where the course is on GitHub."""
    found = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", repository)
    if not found:
        return []
    colab = f"https://colab.research.google.com/github/{found[1]}/blob/{BRANCH}/{notebook}"
    binder = f"https://mybinder.org/v2/gh/{found[1]}/{BRANCH}?urlpath=lab/tree/{notebook}"
    return [
        f'<a href="{there}">{f"{name} on {house}" if name else house}</a>'
        for house, there in (("Colab", colab), ("Binder", binder))
    ]


def _links(notebook: str, words: str) -> str:
    return (
        f'<a class="live-open" href="{address(notebook)}">{words}</a> '
        f'<button type="button" class="live-again" data-path="{notebook}" hidden '
        f'title="Your copy of {notebook} is put aside, not lost.">start afresh</button>'
    )
