"""The `course` command: one subcommand for each thing an instructor does."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def _root(folder: Path) -> Path:
    for candidate in (folder, *folder.parents):
        if (candidate / "book" / "_toc.yml").is_file():
            return candidate
    sys.exit(f"course: neither {folder} nor a folder above it holds book/_toc.yml")


def _build(args: argparse.Namespace) -> int:
    # The book's libraries take a second to import; the other subcommands do without them.
    from course.build import build

    root = _root(Path.cwd())
    return build(root / "book", root / "_config.yml", root / "_build")


def parser() -> argparse.ArgumentParser:
    """Describe the command line; each subcommand names the function that runs it."""
    main_parser = argparse.ArgumentParser(prog="course", description=__doc__)
    commands = main_parser.add_subparsers(required=True, metavar="command")

    command = commands.add_parser("build", help="build the book strictly, into _build/html")
    command.set_defaults(run=_build)

    return main_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit status."""
    args = parser().parse_args(argv)
    return args.run(args)
