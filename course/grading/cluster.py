"""The same work on several processes, through Dask: of this machine, or of a cluster that runs.

A process of Dask's runs the instructors' tests; students' code is in a sandbox of its own below
it. Work that a process takes with it when it dies is given to another one.
"""

import contextlib
import logging
import threading
from asyncio import CancelledError
from collections.abc import Iterator
from functools import cache
from typing import Any

from course.errors import CourseError
from course.grading.assignment import Assignment
from course.grading.environment import here, unfit
from course.grading.submission import Graded, Job, Settings, grade, not_gradable
from course.layout import SETTINGS
from course.sandbox.bubblewrap import package
from course.sandbox.workers import Sandbox

AHEAD = 3  # submissions on their way to each process
TRIES = 3  # a submission that has seen so many processes die is not given to another
REACH = 30  # seconds for a scheduler to answer

_one_at_a_time = threading.Lock()  # tests catch what is printed, and that is a process's own


def graded(
    workers: str, assignment: Assignment, jobs: Iterator[Job], settings: Settings
) -> Iterator[tuple[Job, Graded]]:
    """Grade jobs on several processes, in no particular order.

    Parameters
    ----------
    workers : str
        How many processes of this machine, or the address of a scheduler: `tcp://host:8786`.
    assignment, jobs, settings : Assignment, iterator of Job, Settings

    Raises
    ------
    CourseError
        If no scheduler answers, or one of its workers cannot do this work.
    """
    import dask
    from dask.distributed import as_completed

    config = {
        "distributed.scheduler.allowed-failures": TRIES - 1,
        "distributed.comm.timeouts.connect": "60s",
        "distributed.admin.low-level-log-length": 100,
    }
    with dask.config.set(config), _client(workers, settings.unsafe) as (client, processes):
        on_their_way: dict[Any, Job] = {}
        arriving = as_completed()

        def submit() -> None:
            job = next(jobs, None)
            if job is not None:
                future = client.submit(_there, assignment, job, settings, here(), pure=False)
                on_their_way[future] = job
                arriving.add(future)

        for _ in range(processes * AHEAD):
            submit()
        for future in arriving:
            job = on_their_way.pop(future)
            submit()
            try:
                done = future.result()
            except (Exception, CancelledError) as problem:
                words = f"{type(problem).__name__}: {problem}"[:300]
                done = not_gradable(assignment, job, words)
            yield job, done
            future.release()


@contextlib.contextmanager
def _client(workers: str, unsafe: bool) -> Iterator[tuple[Any, int]]:
    """A client of a cluster, and how many processes that has."""
    from dask.distributed import Client, LocalCluster

    if workers.isdecimal():
        with (
            LocalCluster(
                n_workers=int(workers),
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # any free port: it cannot be switched off
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client, int(workers)
        return
    try:
        client = Client(workers, timeout=REACH)
    except (OSError, ValueError) as problem:
        raise CourseError(f"no scheduler answers at {workers}: {problem}") from None
    with client:
        yield client, _fit(client, workers, unsafe)


def _fit(client: Any, address: str, unsafe: bool) -> int:
    """How many workers a cluster has, if all of them can do this work."""
    try:
        found = client.run(here)
    except Exception as problem:  # there is no such module, say
        raise CourseError(f"the workers of {address} cannot grade: {problem}") from None
    if not found:
        raise CourseError(f"the scheduler at {address} has no workers")
    for worker, theirs in found.items():
        reason = unfit(theirs, unsafe)
        if reason:
            raise CourseError(f"the worker {worker} cannot grade: {reason}")
    return len(found)


def _there(assignment: Assignment, job: Job, settings: Settings, ours: dict[str, str]) -> Graded:
    # A worker may have joined since all of them were asked.
    if unfit(ours | {"bubblewrap": "asked"}, True):
        raise RuntimeError("a worker has another version of the course, of Python or a library")
    with _one_at_a_time:
        return grade(assignment, job, _sandbox(settings), settings)


@cache
def _sandbox(settings: Settings) -> Sandbox:
    """One fork server for each process; what is hidden may lie elsewhere on this machine."""
    own = package("course").parent
    places = (*settings.hidden, *([own] if (own / SETTINGS).exists() else []))
    hidden = tuple({place for place in places if place.exists()})
    return Sandbox(settings.limits, unsafe=settings.unsafe, hidden=hidden)
