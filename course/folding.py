"""What a notebook shows at first, and where *Run all* goes on: only students' copies have this."""

import json
from typing import Any

GOES_ON = "raises-exception"
"""The tag by which Jupyter runs the cells below one that fails."""


def folded(text: str) -> str:
    """A released notebook, as JSON, with tests and pictures folded; none of its cells stops a run.

    Tests and the pictures to expect are long, and not what students are to read. A test that fails,
    or a picture of what is not written yet, must not keep the cells below from running.
    """
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            _fold(cell["metadata"])
    return json.dumps(notebook, ensure_ascii=False)


def _fold(metadata: dict[str, Any]) -> None:
    asked = metadata.get("nbgrader", {})
    tags = metadata.get("tags", [])
    is_test = bool(asked.get("grade")) and asked["grade_id"].endswith("_visible")
    is_picture = asked.get("grade_id", "").endswith(("_expected", "_picture"))
    if is_test or is_picture:
        metadata["jupyter"] = {"source_hidden": True}
    if is_test or ("ungraded" in tags and not asked.get("locked")):
        metadata["tags"] = [*tags, GOES_ON]
