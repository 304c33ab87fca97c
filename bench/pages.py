"""How heavy pages are, and how soon they can be read, over a slow line.

A real browser opens pages of the built book as a phone does: 390 × 844, 1.6 Mbit/s, 150 ms, nothing
cached, files compressed as static hosts do. "Readable" is when text and formulas have been painted
and nothing else that the page waits for is to come; pictures below the fold load later, and do not
count.

    python -m bench.pages [FOLDER ...] [--pages iavi q_learning]
"""

import argparse
import functools
import gzip
import http.server
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
CHAPTERS = ("intro", "notation", "iavi", "q_learning", "mice", "objectworld")
RATE, DELAY = 1.6e6 / 8, 150  # bytes a second, ms
PACKED = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
SETTLED = 4000  # ms after which nothing moves any more
WATCH = """
window.shifts = 0; window.formulas = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({type: "layout-shift", buffered: true});
const look = () => {
  const script = document.querySelector("mjx-container"), ready = document.querySelector(".katex");
  const waits = document.querySelector(".math") && !ready && !script;
  if (!window.formulas && document.readyState !== "loading" && !waits) {
    window.formulas = performance.now();
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


class Host(http.server.SimpleHTTPRequestHandler):
    """Serves files compressed, as static hosts do."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.suffix not in PACKED or not path.is_file():
            return super().do_GET()
        body = gzip.compress(path.read_bytes(), 6, mtime=0)
        self.send_response(200)
        self.send_header("Content-Type", f"{PACKED[path.suffix]}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def measure(page: Page, address: str) -> dict[str, float]:
    """Bytes, milliseconds and layout shift of one page, loaded once."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": DELAY, "downloadThroughput": RATE, "uploadThroughput": RATE},
    )
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.add_init_script(WATCH)
    page.goto(address, wait_until="load", timeout=120_000)
    page.wait_for_timeout(SETTLED)
    painted, formulas, shifts = page.evaluate(
        """() => [performance.getEntriesByName("first-contentful-paint")[0].startTime,
                  window.formulas, window.shifts]"""
    )
    fonts = page.evaluate(
        """() => Math.max(0, ...performance.getEntriesByType("resource")
            .filter(e => e.name.endsWith(".woff2")).map(e => e.responseEnd))"""
    )
    return {
        "bytes": sum(received),
        "painted_ms": painted,
        "readable_ms": max(painted, formulas, fonts),
        "shift": shifts,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "_build" / "html"])
    parser.add_argument("--pages", nargs="+", default=list(CHAPTERS))
    options = parser.parse_args()
    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for folder in options.folders:
            handler = functools.partial(Host, directory=str(folder))
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for name in tqdm(options.pages, desc=str(folder), leave=False):
                context = browser.new_context(viewport={"width": 390, "height": 844})
                address = f"http://127.0.0.1:{server.server_port}/{name}.html"
                found[f"{folder}: {name}"] = measure(context.new_page(), address)
                context.close()
            server.shutdown()
            server.server_close()
        browser.close()
    print(f"{'':44}{'kB':>7}{'painted':>9}{'readable':>10}{'shift':>7}")
    for name, one in found.items():
        print(
            f"{name[-44:]:44}{one['bytes'] / 1000:7.0f}{one['painted_ms'] / 1000:8.2f}s"
            f"{one['readable_ms'] / 1000:9.2f}s{one['shift']:7.3f}"
        )


if __name__ == "__main__":
    main()
