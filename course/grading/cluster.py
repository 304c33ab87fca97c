"""The same work on several processes, through Dask.

A process of Dask's runs the instructors' tests; students' code is in a sandbox of its own below
it. Work that a process takes with it when it dies is given to another one.
"""

import logging
from asyncio import CancelledError
from collections.abc import Iterator
from functools import cache
from typing import Any

from course.grading.assignment import Assignment
from course.grading.submission import Graded, Job, Settings, grade, not_gradable
from course.sandbox.workers import Sandbox

AHEAD = 3  # submissions on their way to each process
TRIES = 3  # a submission that has seen so many processes die is not given to another


def graded(
    processes: int, assignment: Assignment, jobs: Iterator[Job], settings: Settings
) -> Iterator[tuple[Job, Graded]]:
    """Grade jobs on a number of processes of this machine, in no particular order."""
    import dask
    from dask.distributed import Client, LocalCluster, as_completed

    config = {
        "distributed.scheduler.allowed-failures": TRIES - 1,
        "distributed.comm.timeouts.connect": "60s",
        "distributed.admin.low-level-log-length": 100,
    }
    with (
        dask.config.set(config),
        LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port: it cannot be switched off
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        on_their_way: dict[Any, Job] = {}
        arriving = as_completed()

        def submit() -> None:
            job = next(jobs, None)
            if job is not None:
                future = client.submit(_there, assignment, job, settings, pure=False)
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


def _there(assignment: Assignment, job: Job, settings: Settings) -> Graded:
    return grade(assignment, job, _sandbox(settings), settings)


@cache
def _sandbox(settings: Settings) -> Sandbox:
    """One fork server for each process."""
    return Sandbox(settings.limits, unsafe=settings.unsafe, hidden=settings.hidden)
