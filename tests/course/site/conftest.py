"""A browser, a server on this machine, and a book of small pages."""

import contextlib
import fcntl
import http.server
import os
import shutil
import threading
from functools import partial
from pathlib import Path

import pytest
import yaml
from patience import PATIENCE
from website import page_of

from course.cli import main
from course.site.book import build

ROOT = Path(__file__).parents[3]
BOOK = ROOT / "book"
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Its event loop runs in this thread for as long as it lives, and no other can: so, no longer
# than one file.
@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing; install Chromium")
        pytest.skip(f"{CHROMIUM} is missing")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def handle(self):
        with contextlib.suppress(ConnectionError):  # the page was left while it loaded
            super().handle()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def serve():
    """Serve a folder on this machine and return its address."""
    servers = {}

    def address(folder):
        if folder not in servers:
            handler = partial(Quiet, directory=str(folder))
            servers[folder] = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            threading.Thread(target=servers[folder].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[folder].server_port}/"

    yield address
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def context(browser):
    with browser.new_context() as context:
        context.set_default_timeout(1000 * PATIENCE)
        yield context


@pytest.fixture(scope="session")
def site():
    """The book itself; one process at a time sees to it that it is built."""
    folder = ROOT / "_build"
    folder.mkdir(exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["build"]) == 0
    return folder / "html"


@pytest.fixture
def visit(context, serve):
    """Open a page of a folder; return it with the list of what goes wrong on it."""
    page, problems = context.new_page(), []

    def open_page(folder, name):
        home = serve(folder)

        def watch_request(request):
            if not request.url.startswith((home, "data:", "blob:")):
                problems.append(f"request to another host: {request.url}")

        def watch_response(response):
            if response.status >= 400:
                problems.append(f"{response.status}: {response.url}")

        def watch_console(message):
            if message.type == "error":
                problems.append(f"console: {message.text}")

        page.on("request", watch_request)
        page.on("response", watch_response)
        page.on("console", watch_console)
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.goto(f"{home}{name}.html", wait_until="networkidle")
        return page, problems

    yield open_page
    page.close()


@pytest.fixture
def tiny(tmp_path):
    """Build a book of small pages under the configuration of the real one."""
    book = tmp_path / "book"
    shutil.copytree(BOOK / "_static", book / "_static")
    shutil.copy(BOOK / "references.bib", book)

    def build_pages(*texts, config=ROOT / "_config.yml"):
        names = [f"page{number}" for number in range(len(texts))]
        for name, text in zip(names, texts, strict=True):
            (book / f"{name}.md").write_text(page_of(text), "utf8")
        toc = {"format": "jb-book", "root": names[0]}
        if names[1:]:
            toc["chapters"] = [{"file": name} for name in names[1:]]
        (book / "_toc.yml").write_text(yaml.safe_dump(toc), "utf8")
        return build(book, config, tmp_path / "_build")

    build_pages.html = tmp_path / "_build" / "html"
    return build_pages
