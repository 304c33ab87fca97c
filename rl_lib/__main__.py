"""`python -m rl_lib describe trials.csv`: what recorded choices tell, and what they cannot."""

import argparse
import os
import sys
from pathlib import Path

import numpy as np

from rl_lib.behaviour.datasets import read_trials
from rl_lib.inverse.description import describe


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status is 2 after a mistake of the user's."""
    parser = argparse.ArgumentParser(prog="python -m rl_lib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "describe",
        help="a table of trials: what it says of the reward, and what it leaves open",
        description="Reads a CSV file with a row for each decision and the columns trial, state "
        "and action, and where there are such, session, end, next_state and step.",
    )
    command.add_argument("file", type=Path)
    command.add_argument(
        "--picture", type=Path, metavar="FILE", help="draw it, too (PNG, PDF, SVG)"
    )
    command.add_argument("--level", type=float, default=0.95, help="of the intervals")
    command.add_argument("--min-taken", type=int, default=20, help="for an interval")
    command.add_argument("--seed", type=int, default=0, help="of the resampling")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that has no γ
    try:
        print(_describe(options), flush=True)
    except (ValueError, TypeError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        print(f"error: {problem.filename}: {problem.strerror}", file=sys.stderr)
        return 2
    return 0


def _describe(options: argparse.Namespace) -> str:
    trials = read_trials(options.file)
    if options.picture is not None and options.picture.exists():
        raise ValueError(f"{options.picture} is there already; it is not written over")
    found = describe(
        trials.demonstrations,
        n_states=len(trials.state_names),
        n_actions=len(trials.action_names),
        state_names=trials.state_names,
        action_names=trials.action_names,
        level=options.level,
        min_taken=options.min_taken,
        rng=np.random.default_rng(options.seed),
    )
    if options.picture is not None:
        import matplotlib

        matplotlib.use("Agg")
        from rl_lib.plots import description

        description(found)[0].figure.savefig(options.picture, dpi=150)
    return str(found)


if __name__ == "__main__":
    sys.exit(main())
