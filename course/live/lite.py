"""A JupyterLite beside the website: every page and every exercise runs in the reader's browser.

No page of the website loads anything of it before its reader asks. Pyodide, its Python, comes from
its public distribution; all else is part of the site. What a reader changes stays in the reader's
browser.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import jupyter_server
import nbformat

from course.errors import CourseError
from course.layout import Course
from course.live.bundle import write_bundle
from course.live.notebooks import live_notebook
from course.live.packages import ADDRESS, write_packages
from course.release import released
from course.sandbox.bubblewrap import package
from course.site.launch import LIVE, ZIP, live_pages

EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension")
SITE = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "Inverse Q-Learning",
        "appUrl": "./tree",
        "faviconUrl": "./notebooks/favicon.ico",
        "exposeAppInBrowser": True,
        "litePluginSettings": {
            "@jupyterlite/pyodide-kernel-extension:kernel": {
                "pyodideUrl": f"{ADDRESS}pyodide.mjs",
                "disablePyPIFallback": True,
                "loadPyodideOptions": {"lockFileURL": "./packages/pyodide-lock.json"},
            }
        },
    },
}
SETTINGS = {
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    # All of a page is there at once, so that a cell further down can be found and run.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


def build_live(course: Course, cache: Any) -> None:
    """Put a JupyterLite into the website that `course.site.book.build` has built, and a zip file.

    The notebooks to publish go to `notebooks`, beside the website.

    Parameters
    ----------
    course : Course
    cache : JupyterCacheAbstract
        The pages as they were run for the website.

    Raises
    ------
    CourseError
        If JupyterLite cannot be built.
    """
    out = course.build
    target, state = out / "html" / LIVE, _state(course, cache)
    finished = target / "state.txt"
    made = (finished, out / "html" / ZIP, out / "notebooks" / "requirements.txt")
    if all(path.is_file() for path in made) and finished.read_text("utf8") == state:
        return
    finished.unlink(missing_ok=True)
    for left in out.glob("live-*"):  # by a build that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="live-", dir=out) as name:
        folder = Path(name)
        _write_files(folder / "files", course, cache)
        write_packages(folder / "packages")
        write_bundle(folder / "files", out / "html", out / "notebooks", course.repository)
        _build_site(folder)
        site = folder / "site"
        shutil.move(folder / "packages", site / "packages")
        (site / finished.name).write_text(state, "utf8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.move(site, target)


def _write_files(files: Path, course: Course, cache: Any) -> None:
    """Write the notebooks, and the results that they show."""
    for page in live_pages(course.book):
        text = nbformat.writes(live_notebook(course.book, page, cache))
        _write(files / "book" / f"{page}.ipynb", text.encode())
        for path in re.findall(r"\.\./(bench/[\w./-]*\w)", text):
            _write(files / path, (course.root / path).read_bytes())
    # At the top, because a browser calls what it downloads by all of its path.
    for path, content in released(course.solutions).items():
        place = files / path.relative_to(path.parts[0])
        if place.exists():
            raise CourseError(f"two exercises have a file {place.name}: give one another name")
        _write(place, content)


def _build_site(folder: Path) -> None:
    extensions = Path(sys.prefix, "share/jupyter/labextensions")
    settings = {
        "LiteBuildConfig": {
            "contents": ["files"],
            "output_dir": "site",
            "apps": ["notebooks", "tree"],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            # Only what is named, whatever else has been installed here.
            "ignore_sys_prefix": True,
            "federated_extensions": [str(extensions / name) for name in EXTENSIONS],
        }
    }
    (folder / "jupyter_lite_config.json").write_text(json.dumps(settings), "utf8")
    (folder / "jupyter-lite.json").write_text(json.dumps(SITE), "utf8")
    (folder / "overrides.json").write_text(json.dumps(SETTINGS), "utf8")
    command = Path(sysconfig.get_path("scripts"), "jupyter-lite")
    done = subprocess.run(
        [command, "build"], cwd=folder, capture_output=True, encoding="utf8", errors="replace"
    )
    if done.returncode:
        raise CourseError(f"JupyterLite was not built:\n{done.stdout}{done.stderr}")
    # It asks for these while a notebook runs, and does not bring them.
    icons = Path(jupyter_server.__file__).parent / "static" / "favicons"
    shutil.copytree(icons, folder / "site" / "static" / "favicons")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _state(course: Course, cache: Any) -> str:
    """Hash of all that the site is made from."""
    digest = hashlib.sha256(f"{course.repository}\0{cache.path}".encode())
    files = (
        *course.book.glob("*.*"),
        *(course.root / "bench").glob("*.*"),
        *course.solutions.rglob("*"),
        course.root / "requirements.lock",
        *(path for name in ("rl_lib", "course") for path in package(name).rglob("*.*")),
    )
    for path in sorted(path for path in files if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()
