"""A simulated city in which something went wrong at four publishers, each in its own way."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from quality.privacy.checkdigits import fiscal_code_letter

DAYS: Final = 4
# Valid by its check letter, of a name that nobody has.
_FIRST_15: Final = "QZXQXW80A01B157"
FISCAL_CODE: Final = _FIRST_15 + fiscal_code_letter(_FIRST_15)
# What the pages are looked at for: the whole city's run is the demo's, and has tests of its own.
SHOWN: Final = (
    "bronze/arpa_lombardia/*",
    "bronze/brescia_mobilita/parking_sessions",
    "bronze/brescia_mobilita/car_parks",
    "bronze/a2a/heat_readings",
    "bronze/istat/*",
    "bronze/definitions/*",
    "silver/air/*",
    "silver/sensors/*",
    "silver/mobility/off_street_parking",
    "gold/air/*",
    "gold/mobility/hourly_parking_pressure",
)
_GEMELLO: Final = (sys.executable, "-m", "orchestration.cli")


class FaultyCity:
    """An installation on which the city was run before and after things went wrong.

    Weather lacks a column, amounts of parking are in cents, heat comes with fiscal codes, and of
    the air nothing has come for days; now its folder is gone, too.
    """

    def __init__(self, folder: Path) -> None:
        """Simulate the city, run it, break it, and run it again."""
        self.folder = folder
        self.environment = {**os.environ, "HOME": str(folder), "PYTHONWARNINGS": "ignore"}
        for name in [name for name in self.environment if name.startswith(("GEMELLO_", "DAGSTER"))]:
            del self.environment[name]
        self._sources = folder / ".gemello/sources"
        first = datetime.now(UTC).date() - timedelta(days=DAYS)
        self.environment["GEMELLO_SINCE"] = f"{first}"
        simulated = ["simulate", "--days", f"{DAYS}", "--start", f"{first}"]
        assert self.gemello(*simulated, "--out", str(self._sources)) == 0
        for path in self._files("arpa_files/aria/*.json")[1:]:
            path.unlink()
        assert self.gemello("run", "--select", " or ".join(f'key:"{one}"' for one in SHOWN)) == 0
        self._break()
        broken = ("arpa_lombardia/weather", "brescia_mobilita/parking_sessions")
        for dataset in (*broken, "a2a/heat_readings"):
            assert self.gemello("run", "--select", f"bronze/{dataset}") == 1, dataset
        shutil.rmtree(self._sources / "arpa_files/aria")
        assert self.gemello("run", "--select", "bronze/arpa_lombardia/air_quality") == 3

    def gemello(self, *arguments: str) -> int:
        """How a command ends."""
        ended = subprocess.run(
            [*_GEMELLO, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            check=False,
            timeout=300,
        )
        return ended.returncode

    def pages(self, port: int, log: Path) -> "subprocess.Popen[bytes]":
        """The Dagster pages of this installation, in a process group of their own."""
        with log.open("wb") as stream:
            return subprocess.Popen(
                [*_GEMELLO, "ui", "--port", str(port)],
                cwd=self.folder,
                env=self.environment,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    def _break(self) -> None:
        weather = self._files("arpa_files/meteo/meteo_*.csv")[-1]
        weather.write_text(weather.read_text().replace("idstazione", "codice", 1))
        parking = self._files("brescia_mobilita_files/sosta/soste_*.csv")[-1]
        header, *lines = parking.read_text().splitlines()
        parking.write_text("\n".join([header, *map(_in_cents, lines)]) + "\n")
        heat = self._files("a2a_files/calore/calore_*.jsonl")[-1]
        field = f',"riferimento":"{FISCAL_CODE}"}}\n'
        heat.write_text(heat.read_text().replace("}\n", field))

    def _files(self, pattern: str) -> list[Path]:
        return sorted(self._sources.glob(pattern))


def _in_cents(line: str) -> str:
    """A line of the car parks with its amount a thousand euro and more."""
    cells = line.split(";")
    if len(cells) > 6 and cells[6]:
        cells[6] = f"9{cells[6].replace(',', '')},00"
    return ";".join(cells)
