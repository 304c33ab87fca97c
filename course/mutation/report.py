"""Who goes unnoticed, and by whom, and what a student would read of the others."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from course.mutation.mutants import Excuse
from course.mutation.trials import Trial


class Findings(NamedTuple):
    """Trials by who notices the mutant."""

    noticed: list[Trial]
    """By the visible test and the hidden one."""
    late: list[Trial]
    """By the hidden test alone: a student meets it first in the mark."""
    by_copying: list[Trial]
    """By the visible test alone, which an answer made for it passes."""
    explained: list[tuple[Trial, Excuse]]
    unnoticed: list[Trial]
    stale: list[Excuse]
    """Excuses that no mutant needs."""

    @property
    def is_sharp(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.unnoticed or self.stale)


def findings(trials: Iterable[Trial], excuses: Sequence[Excuse]) -> Findings:
    """Sort the trials; an excuse counts only where nobody notices the mutant."""
    found = Findings([], [], [], [], [], [*excuses])
    by_whom = {
        (True, True): found.noticed,
        (False, True): found.late,
        (True, False): found.by_copying,
        (False, False): found.unnoticed,
    }
    for trial in trials:
        fitting = [excuse for excuse in excuses if excuse.fits(trial.mutant)]
        if fitting and not trial.visible and not trial.hidden:
            found.explained.append((trial, fitting[0]))
            found.stale[:] = [excuse for excuse in found.stale if excuse not in fitting]
        else:
            by_whom[bool(trial.visible), bool(trial.hidden)].append(trial)
    return found


def lines(found: Findings) -> Iterator[str]:
    """The report: what matters most stands last."""
    yield from _listed("noticed by both tests, and what a student reads first", found.noticed)
    yield from _listed("noticed by the visible test alone", found.by_copying)
    yield from _listed("noticed by the hidden test alone", found.late)
    if found.explained:
        yield f"{len(found.explained)} explained as no mistake:"
        for trial, excuse in found.explained:
            yield f"  {_title(trial)}"
            yield f"      {excuse.reason}"
    yield from _listed("noticed by NOBODY", found.unnoticed)
    for excuse in found.stale:
        yield f"{excuse.step}: `{excuse.code}` is explained, but nobody needs it"
    noticed = len(found.noticed) + len(found.by_copying) + len(found.late)
    explained, unnoticed = len(found.explained), len(found.unnoticed)
    yield (
        f"{noticed + explained + unnoticed} mutants: "
        f"{noticed} noticed, {explained} explained, {unnoticed} unnoticed"
    )


def _listed(what: str, trials: Sequence[Trial]) -> Iterator[str]:
    if trials:
        yield f"{len(trials)} {what}:"
    for trial in trials:
        yield f"  {_title(trial)}"
        if words := trial.visible or trial.hidden:
            yield f"      {words}"


def _title(trial: Trial) -> str:
    mutant = trial.mutant
    return f"{mutant.step}, line {mutant.line}: {mutant.change}"
