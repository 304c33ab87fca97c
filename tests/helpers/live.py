"""A JupyterLite in a browser that has no internet: what it asks the CDN for is answered here."""

import mimetypes
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
from patience import PATIENCE

from course.live.packages import ADDRESS, PYODIDE

mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("text/javascript", ".mjs")

COMPLETE = """async (code) => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    const got = await kernel.requestComplete({ code, cursor_pos: code.length });
    return got.content.matches;
}"""

RUN = """async () => {
    const notebook = window.jupyterapp.shell.currentWidget;
    await notebook.sessionContext.ready;
    await window.jupyterapp.commands.execute('notebook:run-all-cells');
    const cells = notebook.content.model.sharedModel.toJSON().cells;
    const outputs = cells.flatMap((cell) => cell.outputs ?? []);
    await notebook.context.save();
    return {
        errors: outputs.filter((one) => one.output_type === 'error')
            .map((one) => `${one.ename}: ${one.evalue}`),
        pictures: outputs.filter((one) => one.data && (one.data['image/png']
            || /<img|<svg/.test([one.data['text/html'] ?? ''].flat().join('')))).length,
        text: outputs.map((one) => [one.text ?? one.data?.['text/plain'] ?? ''].flat().join(''))
            .join(''),
        notRun: cells.filter((one) => one.cell_type === 'code' && one.execution_count === null
            && [one.source].flat().join('').trim()).length,
    };
}"""


def distribution():
    """Pyodide's files; where they cannot be had, tests are skipped, but not where it is decided."""
    folder = Path(sysconfig.get_path("data"), f"pyodide-{PYODIDE['version']}")
    if not folder.is_dir():
        making = folder.with_name(f"{folder.name}-{os.getpid()}")
        scripts = Path(sysconfig.get_path("scripts"))
        command = ("pip", "install", "--quiet", "--no-deps", "--require-hashes")
        wanted = Path(__file__).with_name("pyodide.txt")
        done = subprocess.run(
            [scripts / "uv", *command, "--python", scripts / "python", "--target", making,
             "-r", wanted],
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no Pyodide: {done.stderr}")
        shutil.move(making / "open_webui" / "frontend" / "pyodide", folder)
        shutil.rmtree(making)
    return folder


def answer(folder):
    """A route that answers from `folder` in the place of the CDN."""

    def route(asked):
        file = folder / asked.request.url.removeprefix(ADDRESS).partition("?")[0]
        kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
        headers = {"content-type": kind, "access-control-allow-origin": "*"}
        if file.is_file():
            asked.fulfill(status=200, body=file.read_bytes(), headers=headers)
        else:
            asked.fulfill(status=404, headers=headers)

    return route


def opened(page):
    """Wait until a notebook is there."""
    page.locator(".jp-Notebook").wait_for(timeout=1000 * PATIENCE)
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
    )


def run_all(page):
    """Run every cell, and tell what came out."""
    return page.evaluate(RUN)


def completions(page, code):
    """What the kernel offers at the end of this code."""
    return page.evaluate(COMPLETE, code)
