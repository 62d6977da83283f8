"""The most memory a process had."""

from pathlib import Path


def peak_mb() -> float:
    """The peak of this process in MB of 2^20 bytes, since it began or since the mark was reset.

    Not `ru_maxrss`: a process begins with that of the one that started it.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
