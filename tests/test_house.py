"""The rules of the house that a machine can check."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(
    path.parent for top in ("rl_lib", "course") for path in (ROOT / top).rglob("__init__.py")
)


# Not rooms: the ground of the library, and names for what released notebooks import.
UNLISTED = {
    "rl_lib": {"_check", "_compiled", "_tables", "_values"},
    "course": {"checks", "pictures"},
}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_folder_lists_its_rooms(package):
    """The first word of a line is a module or a folder: each of them, and nothing else."""
    doc = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf8")))
    listed = set(re.findall(r"^(\w+)  +\S", doc, re.MULTILINE))
    listed |= set(re.findall(r"^(_?[a-z]\w+) [a-z]", doc, re.MULTILINE)) & rooms(package)
    unlisted = UNLISTED.get(str(package.relative_to(ROOT)), set())
    assert listed == rooms(package) - unlisted


def rooms(package):
    modules = {path.stem for path in package.glob("*.py") if path.stem != "__init__"}
    return modules | {
        path.name for path in package.iterdir() if path.is_dir() and path.name[0] not in "._"
    }


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env=os.environ | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_library_loads_nothing_that_is_not_used():
    heavy = (
        "{'numba', 'matplotlib', 'gymnasium', 'pandas', 'scipy', 'IPython', 'course', "
        "'jax', 'optax', 'equinox', 'sklearn'}"
    )
    loaded = f"print(sorted({heavy} & {{name.partition('.')[0] for name in sys.modules}}))"
    assert run(f"import sys, rl_lib; {loaded}") == "[]"
    assert run(f"import sys; from rl_lib import MDP, GridWorld; {loaded}") == "['scipy']"
    assert run(f"import sys; from rl_lib import value_iteration, q_learning; {loaded}") in (
        "['numba', 'scipy']",
        "['scipy']",
    )
    decoders = run(f"import sys; from rl_lib import fit_neurl, compare_decoders; {loaded}")
    assert decoders in ("['numba', 'scipy']", "['scipy']")
    model = "q_learning(cliff(), episodes=1, step_size=1, epsilon=1, rng=default_rng(0))"
    begin = "import sys; from rl_lib import cliff, q_learning; from numpy.random import default_rng"
    assert "gymnasium" not in run(f"{begin}; {model}; {loaded}")


def test_every_public_name_is_there():
    names = run("import rl_lib; from rl_lib import *; print(*rl_lib.__all__)").split()
    assert {"MDP", "value_iteration", "q_learning", "iavi", "maxent_irl", "iql"} <= set(names)
    assert names == sorted(names)
    for package in ("rl_lib", "course"):
        assert (ROOT / package / "py.typed").exists()


def test_an_installation_that_cannot_be_written_works():
    """Then there is no place for what numba has compiled."""
    pytest.importorskip("numba")
    code = (
        "from numba.core import caching; caching.CacheImpl._locator_classes = []\n"
        "from rl_lib import cliff, value_iteration\n"
        "print(value_iteration(cliff().mdp).v[0])"
    )
    assert run(code) == "-14.0"


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
    makefile = (ROOT / "Makefile").read_text("utf8")
    targets = {*re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)} - {"all"}
    named = {*re.findall(r"\bmake ([a-z-]+)(?:`|  )", text)}
    parts_of_bench = {name for name in targets if name.startswith("bench-")}
    assert targets - parts_of_bench <= named <= targets


def test_the_citation_file_agrees_with_the_distribution():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text("utf8"), re.M)[1]
    assert str(citation["version"]) == version
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf8")


def test_pages_and_notebooks_use_nothing_private():
    texts = [*(ROOT / "book").glob("*.md"), *ROOT.glob("solutions/*/*.ipynb")]
    for path in texts:
        found = re.findall(r"rl_lib\.(?:\w+\.)*_[a-z]\w*|rl_lib\.__file__", path.read_text("utf8"))
        assert not found, path


def test_a_compiled_loop_depends_on_what_is_inlined_in_it(tmp_path):
    """Numba itself looks at the loop's own file only, and would go on with what it has."""
    pytest.importorskip("numba")
    shutil.copytree(ROOT / "rl_lib", tmp_path / "rl_lib")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import numpy as np\n"
        "sys.meta_path[:] = [one for one in sys.meta_path if 'editable' not in str(one).lower()]\n"
        "from rl_lib import MDP, by_visits, q_learning\n"
        "mdp = MDP([[[0.0]]], [[1.0]], 0.5)\n"
        "rng = np.random.default_rng(0)\n"
        "print(q_learning(mdp, episodes=9, step_size=by_visits(), epsilon=0, rng=rng).q[0, 0])"
    )
    assert run(code) == "1.0"
    schedules = tmp_path / "rl_lib/learning/schedules.py"
    text = schedules.read_text("utf8")
    assert text.count("    return base * (") == 1
    schedules.write_text(text.replace("    return base * (", "    return 0 * base * ("), "utf8")
    assert run(code) == "0.0"
