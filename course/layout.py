"""Where the things of a course lie: one place for the path of every notebook and result."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from course.errors import CourseError

SETTINGS = "nbgrader_config.py"
"""The file that makes a folder a course; nbgrader's own settings."""


@dataclass(frozen=True)
class Course:
    """A course's folders, and the address of its gradebook."""

    root: Path
    solutions: Path
    exercises: Path
    submitted: Path
    out: Path
    """Where grading writes."""
    database: str
    course_id: str
    book_address: str = ""
    """Where students read the book, if anywhere."""

    @classmethod
    def find(cls, *places: Path) -> "Course":
        """The course in one of `places`, or in a folder above one.

        Raises
        ------
        CourseError
            If there is none.
        """
        for place in places:
            for folder in (place, *place.parents):
                if (folder / SETTINGS).is_file():
                    return cls.read(folder)
        raise CourseError(f"neither {places[0]} nor a folder above it holds {SETTINGS}")

    @classmethod
    def read(cls, root: Path) -> "Course":
        """As `nbgrader_config.py` in `root` says.

        Raises
        ------
        CourseError
            If there is no such file, or it does not say where things are.
        """
        settings = _settings(root)
        try:
            submitted = root / settings.submitted_directory
            return cls(
                root,
                root / settings.source_directory,
                root / settings.release_directory,
                submitted,
                submitted.parent,
                settings.db_url,
                settings.course_id,
                str(_config(root).Course.get("book_address", "")),
            )
        except TypeError:
            raise CourseError(
                f"{root / SETTINGS} does not say where the course's folders are"
            ) from None

    @property
    def book(self) -> Path:
        """Pages that people read."""
        return self.root / "book"

    @property
    def book_settings(self) -> Path:
        """Jupyter Book's settings."""
        return self.root / "_config.yml"

    @property
    def repository(self) -> str:
        """Where the course can be cloned from, if it has been published."""
        settings = yaml.safe_load(self.book_settings.read_text("utf8"))
        return str(settings.get("repository", {}).get("url") or "")

    @property
    def build(self) -> Path:
        """All that is made anew."""
        return self.root / "_build"

    @property
    def put_aside(self) -> Path:
        """New versions of exercises whose place is taken by somebody's work."""
        return self.build / "released"

    def assignments(self) -> list[str]:
        """Names of all assignments, in order."""
        return sorted(path.stem for path in self.solutions.glob("*/*.ipynb"))

    def solution(self, name: str) -> Path:
        """The instructors' notebook of an assignment."""
        return self.solutions / name / f"{name}.ipynb"

    def exercise(self, name: str) -> Path:
        """What students receive."""
        return self.exercises / name / f"{name}.ipynb"

    def work(self, name: str) -> Path:
        """Where a student works; nothing else writes there."""
        return self.root / "work" / name / f"{name}.ipynb"

    def submission(self, student: str, name: str) -> Path:
        """What a student hands in, if all goes well."""
        return self.submitted / student / name / f"{name}.ipynb"

    def graded(self, student: str, name: str) -> Path:
        """The graded notebook, for formgrader."""
        return self.out / "autograded" / student / name / f"{name}.ipynb"

    def page(self, student: str, name: str) -> Path:
        """The feedback for the student."""
        return self.out / "feedback" / student / name / f"{name}.html"

    def journal(self, name: str) -> Path:
        """What has been graded of an assignment."""
        return self.out / "journal" / f"{name}.jsonl"

    def sample_class(self) -> "Course":
        """The same course with an invented class, in a folder of its own."""
        out = self.build / "sample-class"
        database = f"sqlite:///{out / 'gradebook.db'}"
        return replace(
            self, submitted=out / "submitted", out=out, database=database, course_id="sample-class"
        )


def _settings(root: Path) -> Any:
    return _config(root).CourseDirectory


def _config(root: Path) -> Any:
    from traitlets.config.loader import PyFileConfigLoader

    if not (root / SETTINGS).is_file():
        raise CourseError(f"{root} has no {SETTINGS}")
    return PyFileConfigLoader(SETTINGS, str(root)).load_config()
