"""nbgrader's settings: where things lie, and how long a cell may run.

solutions/    what instructors write       exercises/    what students receive
_build/grade/ submissions, grades and feedback, and the gradebook
"""

import os
import sysconfig
from pathlib import Path

# nbgrader runs alembic by its bare name, and an environment need not be activated to be used.
os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])

root = Path(__file__).resolve().parent
grade = root / "_build" / "grade"
grade.mkdir(parents=True, exist_ok=True)

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "inverse-q-learning"
c.CourseDirectory.root = str(root)
c.CourseDirectory.db_url = f"sqlite:///{grade / 'gradebook.db'}"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "_build/grade/submitted"
c.CourseDirectory.autograded_directory = "_build/grade/autograded"
c.CourseDirectory.feedback_directory = "_build/grade/feedback"
# Where students read the book, such as "https://example.org/book": feedback then links to it.
c.Course.book_address = ""
c.CsvExportPlugin.to = str(grade / "grades.csv")

# Below errors, a kernel's log has only advice on how to talk to it.
c.Execute.extra_arguments = ["--log-level=ERROR"]
# Play cells and pictures earn no points and take most of the time.
c.Execute.skip_cells_with_tag = "ungraded"
# A call of a student's function has 10 s of its own, and a cell tries it twice at most.
c.Execute.timeout = 60
