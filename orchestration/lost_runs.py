"""Runs whose process was killed: Dagster takes them for running until somebody says otherwise."""

import os
import socket
from typing import Final

import dagster as dg

# The tag of a run in a process of ours: where, and which process.
PROCESS: Final = "gemello/process"


def this_process() -> dict[str, str]:
    """The tag of the runs of this process; they may take as long as they need."""
    return {PROCESS: f"{socket.gethostname()}:{os.getpid()}", "dagster/max_runtime_seconds": "0"}


def end_lost_runs(instance: dg.DagsterInstance) -> int:
    """Mark the runs as failed whose process on this machine is gone; how many there were.

    What they were to write counts as under way otherwise, and is asked for by nobody.
    """
    here = socket.gethostname()
    running = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    lost = 0
    for run in running:
        machine, _, process = run.tags.get(PROCESS, "").rpartition(":")
        if machine == here and process.isdigit() and not _lives(int(process)):
            instance.report_run_failed(run, "Its process was killed.")
            lost += 1
    return lost


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
