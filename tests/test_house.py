"""The rules of the house that a machine can check."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
# Imports run one way: a module may only import what stands before it.
FLOORS = [
    {"_check", "_compiled"},
    {"_policies"},
    {"_tables"},
    {"mdp"},
    {"worlds.gridworld", "worlds.objectworld", "worlds.response_task"},
    {"worlds.env"},
    {"_sweeps", "_episodes"},
    {"_evaluation", "_records", "_sampling"},
    {"_soft", "occupancy"},
    {"planning"},
    {"learning"},
    {"demonstrations"},
    {"agents", "empirical", "inverse._likelihood"},
    {"inverse.iavi", "inverse.iql", "inverse.judging", "inverse.maxent"},
    {"_maps"},
    {"plots", "widgets"},
]
MODULES = sorted((ROOT / "rl_lib").rglob("*.py"))


def dotted(path):
    return ".".join(path.relative_to(ROOT / "rl_lib").with_suffix("").parts)


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "__init__.py"], ids=dotted)
def test_imports_run_one_way(path):
    floor = next((k for k, names in enumerate(FLOORS) if dotted(path) in names), None)
    assert floor is not None, "a new module needs a floor"
    below = set().union(*FLOORS[:floor])
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        assert not isinstance(node, ast.Import) or all("rl_lib" not in a.name for a in node.names)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rl_lib"):
            package = node.module.removeprefix("rl_lib").removeprefix(".")
            names = [package] if package else [alias.name for alias in node.names]
            assert set(names) <= below, f"{dotted(path)} imports {names}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "course" / "inside").glob("*.py")), ids=lambda path: path.stem
)
def test_what_runs_beside_students_code_knows_nothing_of_the_course(path):
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        names = [alias.name for alias in getattr(node, "names", [])]
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").startswith("course.inside") or "course" not in node.module
        elif isinstance(node, ast.Import):
            assert all(not n.startswith("course") or n.startswith("course.inside") for n in names)


def test_the_library_knows_nothing_of_the_course():
    for path in MODULES:
        assert "course." not in re.sub(r'""".*?"""', "", path.read_text("utf8"), flags=re.DOTALL)


def test_the_library_has_every_public_name():
    code = "import rl_lib, sys; from rl_lib import *; print('course' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("lock", ["requirements.lock", "bench/requirements.lock"])
def test_locks_have_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text("utf8")
    assert "://" not in text
    assert "--index" not in text
    packages = re.findall(r"^[\w.\-\[\]]+==", text, re.MULTILINE)
    assert len(packages) > 20
    for block in re.split(r"^(?=[\w])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_readme_runs():
    text = (ROOT / "README.md").read_text("utf8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "0.812" in done.stdout
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf8"), re.MULTILINE)
    for name in re.findall(r"`make ([a-z]+)`", text):
        assert name in targets


def test_the_landing_page_adds_up_the_minutes():
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text("utf8"))
    landing = (ROOT / "book" / "intro.md").read_text("utf8")
    for part in toc["parts"]:
        if part.get("numbered"):
            pages = [
                (ROOT / "book" / f"{c['file']}.md").read_text("utf8") for c in part["chapters"]
            ]
            total = sum(int(re.search(r"\*\*Time:\*\* (\d+)", page)[1]) for page in pages)
            assert re.search(rf"\| {part['caption']} \|.*\| {total} \|", landing)


def test_the_citation_file_agrees_with_the_distribution():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text("utf8"), re.M)[1]
    assert str(citation["version"]) == version
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf8")
