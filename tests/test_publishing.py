"""What publishes the course, and what asks its readers: linted, as nothing here can run it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def lint(kind, files):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_are_well_formed():
    lint("github-workflows", WORKFLOWS)


def test_forms_are_well_formed():
    forms = [form for form in FORMS if form.name != "config.yml"]
    lint("github-issue-forms", forms)
    lint("github-issue-config", [ROOT / ".github/ISSUE_TEMPLATE/config.yml"])
    for form in forms:
        asked = yaml.safe_load(form.read_text("utf8"))["body"]
        assert any(each.get("validations", {}).get("required") for each in asked), "may be empty"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_ask_for_what_there_is(workflow):
    targets = set(re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text("utf8"), re.M))
    jobs = yaml.safe_load(workflow.read_text("utf8"))["jobs"]
    for job in jobs.values():
        for step in job["steps"]:
            run = step.get("run", "")
            assert set(re.findall(r"\bmake ([\w./]+)", run)) <= targets
            for script in re.findall(r"^\.\S+", run):
                assert (ROOT / script).stat().st_mode & 0o100
