"""What a table's folder holds beside its newest rows: other files, old log entries, statistics."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from infra.lake.faults import store_errors, translated
from infra.lake.log import LOG, Log
from infra.lake.places import Place
from infra.lake.reading import as_of, lazily, newest

if TYPE_CHECKING:
    from deltalake import DeltaTable

# Which rows are meant, given the columns there are.
Where = Callable[[Collection[str]], pl.Expr]
_INDEXED: Final = "delta.dataSkippingNumIndexedCols"
_LISTED: Final = "delta.dataSkippingStatsColumns"


@dataclass(frozen=True)
class Holding:
    """Where a table holds values: in how many of its rows, and in how many other files.

    A file that cannot be read counts as one that holds them.
    """

    rows_count: int
    other_files_count: int

    @property
    def is_any(self) -> bool:
        """Whether they are anywhere."""
        return bool(self.rows_count or self.other_files_count)


@dataclass(frozen=True)
class Traces:
    """What may still show values that the newest rows do not hold.

    `other_files` and `old_log` are names of files; `statistics` columns of which the least and
    greatest values are written, or may be, beside the rows although they are not `allowed` to.
    """

    other_files: tuple[str, ...]
    old_log: tuple[str, ...]
    statistics: tuple[str, ...]


def files_under(place: Place, key: str) -> list[str]:
    """The names of all files in a table's folder but those of its log, in order."""
    base = place.uri(key)
    if place.is_remote:
        base = base.removeprefix("s3://")
        paths = [str(path).removeprefix(f"{base}/") for path in place.files.find(base)]
    else:
        root = Path(base)
        paths = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    return sorted(path for path in paths if not path.startswith(f"{LOG}/"))


def files_at(place: Place, key: str, version: int) -> list[str]:
    """The files a table consists of at a version: its rows, then its log up to there."""
    table = as_of(place, key, version)
    with translated(key, "listing the files"):
        log = [name for name in Log(place, key).names() if _is_of(name, version)]
        return [*sorted(_parts_of(table)), *(f"{LOG}/{name}" for name in log)]


def _is_of(name: str, version: int) -> bool:
    """Whether a file of a log is needed to tell a version; the pointer is found anew without."""
    number = name.partition(".")[0]
    return number.isdigit() and len(number) == 20 and int(number) <= version


def remove_file(place: Place, key: str, name: str) -> None:
    """Remove a file of a table's folder; one that is gone is fine."""
    address = f"{place.uri(key)}/{name}"
    if place.is_remote:
        place.files.rm_file(address.removeprefix("s3://"))
    else:
        Path(address).unlink(missing_ok=True)


def holding(place: Place, key: str, where: Where) -> Holding:
    """Where such rows stand: in the table, and in files that are no part of it.

    Such files are those of older versions and what writers that were killed left.
    """
    table = newest(place, key)
    with translated(key, "looking for rows"):
        rows = lazily(place, key, table, None)
        columns = rows.collect_schema().names()
        rows_count = rows.filter(where(columns)).select(pl.len()).collect().item()
        others = sorted(set(files_under(place, key)) - _parts_of(table))
        other_count = sum(_holds(place, key, name, where) for name in others)
    return Holding(int(rows_count), other_count)


def any_of(wanted: Mapping[str, Collection[str]], columns: Collection[str]) -> pl.Expr:
    """Whether a row holds any of the values wanted in one of these columns.

    What is wanted may be of several columns, their names and values joined by colons.
    """
    tests = []
    for joined, values in wanted.items():
        names = joined.split(":")
        if set(names) <= set(columns) and values:
            tests.append(as_text(names).is_in(list(values)).fill_null(value=False))
    return pl.any_horizontal(tests) if tests else pl.lit(value=False)


def as_text(names: Collection[str]) -> pl.Expr:
    """The values of some columns as one text, joined by colons; null where one is."""
    return pl.concat_str([pl.col(name).cast(pl.String) for name in names], separator=":")


def _holds(place: Place, key: str, name: str, where: Where) -> bool:
    address = f"{place.uri(key)}/{name}"
    try:
        rows = pl.scan_parquet(
            address, storage_options=place.storage_options, credential_provider=None
        )
        columns = rows.collect_schema().names()
        return bool(rows.select(where(columns).any()).collect().item())
    except store_errors():
        return True


def traces(place: Place, key: str, *, allowed: Collection[str]) -> Traces:
    """What is there beside the newest rows, and which columns have statistics they may not have."""
    table = newest(place, key)
    with translated(key, "looking for what is left"):
        others = sorted(set(files_under(place, key)) - _parts_of(table))
        log, stem = Log(place, key).names(), f"{table.version():020}"
        whole = f"{stem}.checkpoint.parquet"
        old = [name for name in log if name not in (whole, f"{stem}.json", "_last_checkpoint")]
        shown = _shown_in_log(table) | _shown_in_files(place, key, table)
        shown |= _may_be_shown(table)
    return Traces(tuple(others), tuple(old), tuple(sorted(shown - set(allowed))))


def _parts_of(table: "DeltaTable") -> set[str]:
    return set(pl.DataFrame(table.get_add_actions(flatten=True))["path"])


def _shown_in_log(table: "DeltaTable") -> set[str]:
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    return {
        name.removeprefix(kind)
        for kind in ("min.", "max.")
        for name in actions.columns
        if name.startswith(kind) and actions[name].null_count() < actions.height
    }


def _shown_in_files(place: Place, key: str, table: "DeltaTable") -> set[str]:
    import pyarrow.parquet as pq

    found: set[str] = set()
    for name in sorted(_parts_of(table)):
        address = f"{place.uri(key)}/{name}"
        files = place.files if place.is_remote else None
        footer = pq.read_metadata(address.removeprefix("s3://"), filesystem=files)
        for group in range(footer.num_row_groups):
            for number in range(footer.num_columns):
                column = footer.row_group(group).column(number)
                if column.is_stats_set and column.statistics.has_min_max:
                    found.add(str(column.path_in_schema).partition(".")[0])
    return found


def _may_be_shown(table: "DeltaTable") -> set[str]:
    """The columns of which the next writer would write statistics, as the table asks for them."""
    properties = table.metadata().configuration
    columns = [str(each.name) for each in table.schema().fields]
    if properties.get(_LISTED):
        return {name.strip("` ") for name in properties[_LISTED].split(",")}
    return set(
        columns[: int(properties.get(_INDEXED, "32"))]
        if properties.get(_INDEXED) != "-1"
        else columns
    )
