"""What the servers of simulated publishers offer: the files of a simulated folder, read anew."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from infra.simulator.handover import Days, Handover, Package, Records, Soda
from infra.simulator.publishers import Offer
from infra.simulator.publishers.offers import Item, Json, Record
from infra.simulator.run import found_datasets

# In place of a record that was cut off stands a remark of the publisher's own server.
REMARK: Final = "record non disponibile"
_Stamp = tuple[int, int]


def offers_in(folder: Path) -> dict[str, dict[str, Offer]]:
    """For each data set of a simulated folder that has an API, what is offered by which name."""
    found = {}
    for dataset in found_datasets():
        handover: Handover | None = getattr(dataset, "HANDOVER", None)
        name = dataset.KEY.partition("/")[2]
        place = folder / dataset.PLACE / name
        if handover is not None and place.is_dir():
            found[dataset.KEY] = _offers(handover, name, Shelf(place))
    return found


def placeholders_in(folder: Path) -> list[str]:
    """The placeholders of contracts behind which the servers of a simulated folder stand."""
    served = {one.PLACE for one in found_datasets() if getattr(one, "HANDOVER", None) is not None}
    return sorted(place for place in served if (folder / place).is_dir())


def _offers(handover: Handover, name: str, shelf: "Shelf") -> dict[str, Offer]:
    match handover:
        case Records():
            return {name: Offer(shelf.records, shelf.of_day, modified_at=shelf.modified_at)}
        case Soda():
            return {
                part: Offer(Shelf(shelf.folder, days).rows, modified_at=shelf.modified_at)
                for part, days in handover.parts.items()
            }
        case Package():
            return {name: Offer(files=shelf.files, modified_at=shelf.modified_at)}


@dataclass(frozen=True)
class Shelf:
    """The files of one data set, as they are now; what did not change is not read again.

    The name of a file of records says their day, if they are of one. `within` are the days that
    are offered, None: all there is.
    """

    folder: Path
    within: Days | None = None
    _read: dict[Path, tuple[_Stamp, Sequence[Item]]] = field(default_factory=dict)

    def files(self) -> Mapping[str, bytes]:
        """Each file by its name."""
        return {path.name: path.read_bytes() for path in self._paths()}

    def records(self) -> Sequence[Item]:
        """The records of all days, in the order of days and lines."""
        return [record for path in self._dated() for record in self._lines(path)]

    def of_day(self, day: str) -> Sequence[Item] | None:
        """The records of a day; None where no file is of it."""
        found = [path for path in self._dated() if path.stem == day]
        return self._lines(found[0]) if found else None

    def rows(self) -> Sequence[Record]:
        """The records as rows of a portal, each with its id, when it was sent, and its day."""
        return [
            {
                ":id": f"row-{path.stem}-{place:06}",
                ":updated_at": f"{_changed_at(path):%Y-%m-%dT%H:%M:%S}.000Z",
                "giorno": path.stem,
                **record,
            }
            for path in self._dated()
            for place, record in enumerate(self._lines(path))
            if not isinstance(record, str)
        ]

    def modified_at(self) -> datetime:
        """When the publisher last changed anything of it."""
        return max(map(_changed_at, self._paths()), default=datetime.fromtimestamp(0, UTC))

    def _paths(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.is_file())

    def _dated(self) -> list[Path]:
        if self.within is None:
            return self._paths()
        first, last = (f"{day}" for day in self.within)
        return [path for path in self._paths() if first <= path.stem <= last]

    def _lines(self, path: Path) -> Sequence[Item]:
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            lines = path.read_text(encoding="utf-8").splitlines()
            known = self._read[path] = (stamp, [_record(line) for line in lines])
        return known[1]


def _record(line: str) -> Item:
    try:
        record: dict[str, Json] = json.loads(line)
    except ValueError:
        return REMARK
    return record


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
