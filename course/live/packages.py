"""What the browser's Python can import: a lock file, and the packages that are not Pyodide's own.

Compiled packages come from Pyodide's public distribution; `pyodide.json` is the part of its own
lock file that the course needs. Everything else is wrapped up from this environment, and so has the
versions of `requirements.lock`.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course.sandbox.bubblewrap import package

PYODIDE = json.loads(Path(__file__).with_name("pyodide.json").read_text("utf8"))
ADDRESS = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE['version']}/full/"
"""Where Pyodide itself is fetched from, once somebody asks for it."""

OURS = "inverse-q-learning"
BROWSER = {
    "extra": "",
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_system": "Emscripten",
    "python_full_version": PYODIDE["info"]["python"],
    "python_version": PYODIDE["info"]["python"].rpartition(".")[0],
    "sys_platform": "emscripten",
}
"""What the markers of requirements are judged by."""

STAND_INS = {
    # In a notebook, nobody takes the numbers that a page hands to its text.
    "myst_nb.py": b"def glue(name, value, display=True):\n    pass\n",
    # Gymnasium and tqdm import what would need processes, and do without.
    "_multiprocessing.py": b"""sem_unlink = None


class SemLock:
    SEM_VALUE_MAX = 0

    def __init__(self, *args):
        raise OSError("a browser has no processes")
""",
}
"""In the place of modules that the browser's Python lacks."""

LEFT_OUT = {"widgetsnbextension", "jupyterlab-widgets"}  # these are part of the interface
# 4 800 files on packages that are not here; jedi goes on without, and a kernel starts sooner.
UNUSED = ("jedi/third_party/typeshed/stubs/", "jedi/third_party/django-stubs/")


def write_packages(folder: Path) -> None:
    """Write `pyodide-lock.json`, and the packages that it names, into a new folder."""
    folder.mkdir(parents=True)
    entries = {
        name: entry | {"file_name": ADDRESS + entry["file_name"]}
        for name, entry in PYODIDE["packages"].items()
    }
    for name, version, needs, files in _installed("ipython", "ipywidgets", OURS):
        wheel = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        content = zipped(files)
        (folder / wheel).write_bytes(content)
        entries[name] = {
            "name": name,
            "version": version,
            "file_name": wheel,
            "install_dir": "site",
            "sha256": hashlib.sha256(content).hexdigest(),
            "package_type": "package",
            "imports": sorted({path.partition("/")[0].removesuffix(".py") for path in files
                               if path.endswith(".py")}),
            # Progress bars and sliders are drawn by it.
            "depends": sorted(needs | ({"ipywidgets"} if name == OURS else set())),
            "unvendored_tests": False,
        }  # fmt: skip
    lock = {"info": PYODIDE["info"], "packages": entries}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), "utf8")


_Package = tuple[str, str, set[str], dict[str, bytes]]
"""Name, version, what it needs, and its files."""


def _installed(*names: str) -> Iterator[_Package]:
    """These packages, and all that they need and Pyodide has not."""
    seen, queue = set(PYODIDE["packages"]) | LEFT_OUT, list(names)
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        needs = _needs(found)
        queue += needs
        files = course_files() | STAND_INS if name == OURS else _files(found)
        yield name, found.version, needs - LEFT_OUT, files


def _needs(found: Distribution) -> set[str]:
    needed = map(Requirement, found.requires or [])
    return {
        canonicalize_name(each.name)
        for each in needed
        if each.marker is None or each.marker.evaluate(BROWSER)
    }


def _files(found: Distribution) -> dict[str, bytes]:
    """What a wheel of it would hold, without what is compiled: that has a fallback in Python."""
    return {
        file.as_posix(): file.read_binary()
        for file in found.files or []
        if ".." not in file.parts
        and file.suffix not in {".pyc", ".so", ".pyd"}
        and not file.as_posix().startswith(UNUSED)
    }


def course_files() -> dict[str, bytes]:
    """The library, and of the course what notebooks import."""
    course = package("course")
    science = [path for path in package("rl_lib").rglob("*") if path.is_file()]
    exercises = [
        *(course / name for name in ("__init__.py", "checks.py", "pictures.py")),
        *(course / "exercise").rglob("*.py"),
        course / "sandbox" / "__init__.py",
        *(course / "sandbox" / "inside").rglob("*.py"),
    ]
    metadata = distribution(OURS).read_text("METADATA") or ""
    return {
        f"inverse_q_learning-{distribution(OURS).version}.dist-info/METADATA": metadata.encode()
    } | {
        path.relative_to(course.parent).as_posix(): path.read_bytes()
        for path in (*science, *exercises)
        if "__pycache__" not in path.parts
    }


def zipped(files: dict[str, bytes]) -> bytes:
    """The same bytes each time."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)
    return stored.getvalue()
