"""`python -m tests.real_sources.counts`: what became of every row of the recorded real files."""

import sys
import tempfile
from pathlib import Path

from tests.real_sources.landings import land_real
from tests.real_sources.real_files import REAL_FILES, WRITTEN, delivered


def main() -> None:
    """Print one line a data set: delivered, kept and refused rows, and why they were refused."""
    if not REAL_FILES.is_dir():
        sys.exit("the recorded real files are not beside the repository")
    lines = ["data set | delivered | bronze | quarantine | reasons", "---|---:|---:|---:|---"]
    with tempfile.TemporaryDirectory() as folder:
        for name in WRITTEN:
            landed = land_real(name, Path(folder, name))
            reasons = [f"{why}: {count}" for why, count in landed.refused_by_reason.items()]
            heights = (len(delivered(name)), landed.bronze.height, landed.quarantine.height)
            cells = [name, *(f"{count:,}" for count in heights), "; ".join(reasons) or "-"]
            lines.append(" | ".join(cells))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
