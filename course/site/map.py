"""The map of the course: parts, their questions, their pages, and how long each takes.

Its directive has one line for each numbered part, the question that the part asks. All else is
read from `_toc.yml` and the pages.
"""

import re
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective


class CourseMap(SphinxDirective):
    """The directive `course-map`."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Build a box for each part."""
        toc = Path(self.env.srcdir, "_toc.yml")
        self.env.note_dependency(str(toc))
        parts = [
            each for each in yaml.safe_load(toc.read_text("utf8"))["parts"] if each.get("numbered")
        ]
        questions = [line for line in self.content if line.strip()]
        if len(questions) != len(parts):
            raise self.error(
                f"course-map has {len(questions)} questions; the course has {len(parts)} parts"
            )
        boxes = nodes.container(classes=["course-map"])
        for part, question in zip(parts, questions, strict=True):
            pages = [chapter["file"] for chapter in part["chapters"]]
            minutes = sum(map(self._minutes, pages))
            box = nodes.container(classes=["course-part"])
            box += nodes.paragraph("", "", nodes.strong("", part["caption"]))
            box += nodes.paragraph("", f"{question} ({minutes} minutes)")
            box += nodes.bullet_list("", *map(self._link, pages))
            boxes += box
        return [boxes]

    def _minutes(self, page: str) -> int:
        path = Path(self.env.srcdir, f"{page}.md")
        self.env.note_dependency(str(path))
        found = re.search(r"^\*\*Time:\*\* (\d+) minutes", path.read_text("utf8"), re.M)
        return int(found[1]) if found else 0

    def _link(self, page: str) -> nodes.list_item:
        link = addnodes.pending_xref(
            "",
            nodes.inline(page, page),
            refdomain="std",
            reftype="doc",
            refdoc=self.env.docname,
            reftarget=f"/{page}",
            refexplicit=False,
            refwarn=True,
        )
        return nodes.list_item("", nodes.paragraph("", "", link))
