"""Does every address that a page names still answer? Needs a network; `make links` runs it."""

import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\((https?://[^)\s]+)\)")
DOI = re.compile(r"^\s*doi\s*=\s*\{([^}]+)\}", re.M | re.I)
# An answer of a host that does not like machines, not of a page that is gone.
SHY = {401, 403, 405, 418, 429}


def addresses(root: Path) -> Iterator[str]:
    """Every address that pages link to, and those of the cited papers."""
    for page in (*root.glob("book/*.md"), *root.glob("*.md")):
        yield from LINK.findall(page.read_text("utf8"))
    bibliography = (root / "book" / "references.bib").read_text("utf8")
    yield from (f"https://doi.org/{doi}" for doi in DOI.findall(bibliography))


def problem(address: str) -> str | None:
    """What is wrong with an address, or None."""
    request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0 (link check)"})
    try:
        with urllib.request.urlopen(request, timeout=30):
            return None
    except urllib.error.HTTPError as error:
        return None if error.code in SHY else f"{address}: {error.code} {error.reason}"
    except (OSError, ValueError) as error:
        return f"{address}: {error}"


def main() -> int:
    """Print what does not answer."""
    with ThreadPoolExecutor(8) as threads:
        problems = [each for each in threads.map(problem, sorted(set(addresses(ROOT)))) if each]
    print("\n".join(problems) or "Every address answers.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
