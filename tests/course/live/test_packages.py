"""What the browser's Python can import, and what goes into the zip file."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from course.live.bundle import setup_cell, write_bundle
from course.live.packages import ADDRESS, write_packages
from course.site.launch import BRANCH, ZIP, elsewhere

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live") / "packages"
    write_packages(folder)
    return folder


def test_all_that_is_needed_is_there_and_is_what_it_says(packages):
    entries = json.loads((packages / "pyodide-lock.json").read_text("utf8"))["packages"]
    for entry in entries.values():
        assert set(entry["depends"]) <= set(entries)
        if not entry["file_name"].startswith(ADDRESS):
            content = (packages / entry["file_name"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    ours = entries["inverse-q-learning"]
    assert {"rl_lib", "course", "myst_nb"} <= set(ours["imports"])
    assert {"numpy", "scipy", "matplotlib", "gymnasium"} <= set(ours["depends"])


def test_grading_and_sample_answers_stay_at_home(packages):
    (wheel,) = packages.glob("inverse_q_learning-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "course/exercise/checks.py" in names
    assert not [name for name in names if name.startswith(("course/samples", "course/grading"))]


def test_what_a_kernel_unpacks_first_is_small(packages):
    (wheel,) = packages.glob("jedi-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert any(name.endswith("typeshed/stdlib/builtins.pyi") for name in names)
    assert len(names) < 1500


def test_the_same_packages_each_time(packages, tmp_path):
    write_packages(tmp_path / "again")
    for path in packages.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("repository", "links"),
    [
        ("", 0),
        ("https://gitlab.com/a/b", 0),
        ("https://github.com/a/b", 2),
        ("https://github.com/a/b.git", 2),
        ("https://github.com/a/b/", 2),
    ],
)
def test_colab_and_binder_need_an_address(repository, links):
    found = elsewhere(repository, "book/mdp.ipynb")
    assert len(found) == links
    for link in found:
        assert f"/a/b/blob/{BRANCH}/book/mdp.ipynb" in link or (
            f"/a/b/{BRANCH}?urlpath=lab/tree/book/mdp.ipynb" in link
        )


PAGE = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "one",
            "metadata": {},
            "outputs": [],
            "source": "from pathlib import Path\n\nfrom myst_nb import glue\n\n"
            "from rl_lib import russell_norvig, value_iteration\n\n"
            "Path('found.txt').write_text(f'{value_iteration(russell_norvig().mdp).v[0]:.4f} '"
            " + Path('../bench/a.json').read_text())",
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def bundle(tmp_path):
    def write(repository):
        files, html = tmp_path / "files", tmp_path / "html"
        for folder in (files / "book", files / "bench", html):
            folder.mkdir(parents=True)
        (files / "book" / "page.ipynb").write_text(json.dumps(PAGE), "utf8")
        (files / "bench" / "a.json").write_text("{}", "utf8")
        write_bundle(files, html, tmp_path / "notebooks", repository)
        return html / ZIP, tmp_path / "notebooks"

    return write


def test_without_an_address_nothing_speaks_of_colab(bundle):
    _, folder = bundle("")
    assert "colab" not in (folder / "book" / "page.ipynb").read_text("utf8").lower()


def environment(folder, *packages):
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


@pytest.mark.slow
def test_the_zip_file_runs_in_a_fresh_environment(bundle, tmp_path):
    archive, _ = bundle("")
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(tmp_path / "taken")
    home = tmp_path / "taken" / "inverse-q-learning"
    assert "course" in (home / "README.txt").read_text("utf8")
    needs = (home / "requirements.txt").read_text("utf8").replace("./", f"{home}/").split()
    python = environment(tmp_path / "env", needs[0].replace("[fast,data]", ""))
    subprocess.run([python, "-c", PAGE["cells"][0]["source"]], cwd=home / "book", check=True)
    assert (home / "book" / "found.txt").read_text("utf8") == "0.8116 {}"


@pytest.mark.slow
def test_the_first_cell_fetches_the_course_on_colab(bundle, tmp_path):
    _, folder = bundle(f"file://{tmp_path / 'notebooks'}")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
    subprocess.run([*git, "init", "--quiet", f"--initial-branch={BRANCH}"], cwd=folder, check=True)
    subprocess.run([*git, "add", "."], cwd=folder, check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "a"], cwd=folder, check=True)
    cells = json.loads((folder / "book" / "page.ipynb").read_text("utf8"))["cells"]
    assert cells[0]["source"] == setup_cell(f"file://{folder}", is_page=True)
    colab = tmp_path / "colab"
    colab.mkdir()
    script = (
        "import sys, types\n"
        "sys.modules['google.colab'] = types.ModuleType('google.colab')\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        f"for cell in {[cell['source'] for cell in cells]!r}:\n"
        "    shell.run_cell(cell).raise_error()\n"
    )
    python = environment(tmp_path / "env", "ipython")
    subprocess.run([python, "-c", script], cwd=colab, check=True)
    found = colab / "course-notebooks" / "book" / "found.txt"
    assert found.read_text("utf8") == "0.8116 {}"
