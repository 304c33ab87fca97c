"""The notebooks to take along: a folder that runs anywhere, as a zip file on the website.

The same folder is what Colab and Binder read, from the branch `notebooks` of the repository whose
address is in `_config.yml`; where there is none, nothing speaks of it.
"""

import json
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import nbformat

from course.live.packages import OURS, STAND_INS, course_files, zipped
from course.site.launch import BRANCH, ZIP

README = """Notebooks of the course "Inverse Q-Learning"
============================================

With Python 3.11 or newer, in this folder:

    python -m venv .venv
    .venv/bin/pip install -r requirements.txt
    .venv/bin/jupyter lab book/intro.ipynb

(on Windows .venv\\Scripts in the place of .venv/bin). The pages are in book, the exercises here;
bench has results that pages show. Nothing is fetched from elsewhere but what requirements.txt
names. Code: MIT licence; text: CC BY 4.0.
"""


def write_bundle(files: Path, html: Path, folder: Path, repository: str) -> None:
    """Write the folder, and the zip file of it.

    Parameters
    ----------
    files : Path
        Notebooks, and what they read.
    html : Path
        Folder of the website.
    folder : Path
        Where the folder goes; what is there now is replaced.
    repository : str
        Where the course can be cloned from, or "".
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(files, folder)
    wheel = _wheel()
    (folder / wheel[0]).write_bytes(wheel[1])
    (folder / "requirements.txt").write_text(f"./{wheel[0]}[fast,data]\njupyterlab\nipywidgets\n")
    (folder / "runtime.txt").write_text("python-3.11\n")  # for Binder
    (folder / "README.txt").write_text(README, "utf8")
    # Pages import it, for numbers in their text.
    (folder / "book" / "myst_nb.py").write_bytes(STAND_INS["myst_nb.py"])
    everything = sorted(path for path in folder.rglob("*") if path.is_file())
    archive = {f"inverse-q-learning/{path.relative_to(folder).as_posix()}": path.read_bytes()
               for path in everything}  # fmt: skip
    (html / ZIP).write_bytes(zipped(archive))
    if repository:
        for path in folder.rglob("*.ipynb"):
            _add_setup(path, path.parent != folder, repository)


def setup_cell(repository: str, *, is_page: bool) -> str:
    """The first cell of a notebook on Colab, which has the notebook and nothing else."""
    return (
        "# On Colab, this fetches the course; anywhere else it does nothing.\n"
        "import sys\n\n"
        'if "google.colab" in sys.modules:\n'
        f"    !git clone --quiet --depth 1 --branch {BRANCH} {repository} course-notebooks\n"
        f"    %cd course-notebooks/{'book' if is_page else ''}\n"
        f"    %pip install --quiet {'../' if is_page else './'}{_wheel_name()}"
    )


def _add_setup(path: Path, is_page: bool, repository: str) -> None:
    notebook: Any = nbformat.read(path, 4)
    cell = nbformat.v4.new_code_cell(setup_cell(repository, is_page=is_page))
    cell.id = "on-colab"
    cell.metadata = {"jupyter": {"source_hidden": True}, "tags": ["ungraded"]}
    notebook.cells.insert(0, cell)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf8")


def _wheel_name() -> str:
    return f"{OURS.replace('-', '_')}-{distribution(OURS).version}-py3-none-any.whl"


def _wheel() -> tuple[str, bytes]:
    """The library and what exercises import, in a form that pip installs."""
    files = course_files()
    info = next(path.partition("/")[0] for path in files if path.endswith("/METADATA"))
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = f"{info}/RECORD"
    files[record] = "".join(f"{path},,\n" for path in sorted((*files, record))).encode()
    return _wheel_name(), zipped(files)
