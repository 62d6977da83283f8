import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import resource, sys
from pathlib import Path
from infra.simulator import simulate

days, only = int(sys.argv[2]), sys.argv[3].split(",") if sys.argv[3] else None
simulate(profile="full", days=days, seed=1, out=Path(sys.argv[1]), only=only)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(folder: Path, days: int, only: str) -> int:
    arguments = [sys.executable, "-c", PROGRAM, str(folder), str(days), only]
    return int(subprocess.run(arguments, check=True, capture_output=True).stdout)


@pytest.mark.slow
def test_more_days_of_the_full_city_need_hardly_more_memory(tmp_path: Path) -> None:
    only = "comune_brescia/traffic_flow,arpa_lombardia/soil_moisture,a2a/heat_readings"

    # One day is written while the next is made: from two days on it is as much as it gets.
    two, six = (peak(tmp_path, days, only) for days in (2, 6))

    assert six < 1.15 * two


@pytest.mark.longest
@pytest.mark.slow
def test_more_days_of_all_of_the_full_city_need_hardly_more_memory(tmp_path: Path) -> None:
    two, three = (peak(tmp_path, days, "") for days in (2, 3))

    assert three < 1.15 * two
