"""A Sphinx extension: a map, exercises, links to notebooks; and corrections of what pages carry."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from course.site.launch import LiveExercises, add_links
from course.site.map import CourseMap
from course.site.practice import Practice


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the corrections."""
    app.add_directive("course-map", CourseMap)
    app.add_directive("live-exercises", LiveExercises)
    app.add_directive("practice", Practice)
    app.connect("env-updated", _drop_widget_state)
    app.connect("doctree-resolved", _align_lines)
    app.connect("html-page-context", _correct_role)
    app.connect("html-page-context", add_links)
    # Before Napoleon, which connects at 500.
    app.connect("autodoc-process-docstring", _keep_plain_text, priority=400)
    return {"parallel_read_safe": True}


def _drop_widget_state(app: Sphinx, env: Any) -> None:
    # Pages show pictures and text in place of widgets; their state would only be weight.
    for page in env.nb_metadata.values():
        page.get("js_files", {}).pop("ipywidgets_state", None)


def _align_lines(app: Sphinx, doctree: nodes.document, page: str) -> None:
    # What Sphinx does for MathJax and LaTeX: lines of one formula are aligned at &.
    for formula in doctree.findall(nodes.math_block):
        text = formula.astext()
        if (
            r"\\" in text
            and not formula.get("nowrap")
            and not text.lstrip().startswith(r"\begin{align")
        ):
            formula.children = [nodes.Text(rf"\begin{{aligned}}{text}\end{{aligned}}")]


def _correct_role(app: Sphinx, page: str, template: str, context: Any, doctree: Any) -> None:
    # Docutils gives entries of a bibliography a role that ARIA has withdrawn.
    if "body" in context:
        context["body"] = context["body"].replace('"doc-biblioentry"', '"listitem"')


def _keep_plain_text(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    if lines and lines[0].startswith("Alias for field number"):
        lines.clear()
    # Docstrings write p(s'|s, a) as people do; only to reStructuredText is the bar a mark.
    example = False
    for number, line in enumerate(lines):
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        if not example:
            lines[number] = re.sub(r"(``.*?``)|\|", lambda found: found[1] or r"\|", line)
    # Napoleon takes the words before a colon for a type, but not those after a comment.
    if what in ("attribute", "property"):
        lines[:0] = ["..", ""]
