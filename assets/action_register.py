"""The register of actions: what is to be verified, written down before anybody knows the result."""

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from yaml import YAMLError

from assets.twin import DEFINITIONS, EMPTY_REGISTER, REGISTER_FILE, Twin, own_register
from infra.errors import UsageError
from infra.lake import TableSpec
from infra.objects import storage_errors
from quality.contract.yaml_text import read_yaml

LEDGER: Final = "audit/actions/register"
_TEXT: Final = ConfigDict(extra="forbid", hide_input_in_errors=True)
_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
_Name = Annotated[str, Field(min_length=1, max_length=120)]
_Place = Annotated[str, Field(pattern=r"^[^\s;]{1,60}$")]
_FIRST: Final = "0" * 64
# What each commit of the register leaves in the table's history.
_NOTE: Final = "action"
_METHODS: Final = ("method_code", "also_method_code")
# Where the newest day of each goal's data stands.
_DATA: Final = {
    "bike_counts": ("bronze/comune_brescia/bike_counts", "counted_at"),
    "crashes": ("silver/safety/road_accident", "occurred_on"),
    "heat": ("silver/energy/heat_consumption_by_day", "consumed_on"),
    "stays": ("silver/tourism/accommodation_by_day", "day_on"),
}


class Goal(BaseModel):
    """What is to change, and what is to become of it: 1.2 is a fifth more than without."""

    model_config = _TEXT
    indicator: str
    expected_ratio: Annotated[float, Field(gt=0, le=10)]
    method: str | None = None


class Area(BaseModel):
    """A circle on the ground, WGS 84."""

    model_config = _TEXT
    lat_deg: Annotated[float, Field(ge=45, le=46)]
    lng_deg: Annotated[float, Field(ge=9.5, le=11)]
    radius_m: Annotated[float, Field(gt=0, le=10_000)]


class Entry(BaseModel):
    """An action as a planner writes it down: one file, one action."""

    model_config = _TEXT
    action_id: Annotated[str, Field(pattern=_ID)]
    title: _Name
    goal: Goal
    works_from: date
    works_until: date
    before_from: date | None = None
    until: date | None = None
    treated: list[_Place] = []
    controls: list[_Place] = []
    area: Area | None = None
    cost_eur: Annotated[float, Field(ge=0)]
    decided_by: _Name

    @model_validator(mode="after")
    def _makes_sense(self) -> "Entry":
        if self.works_until < self.works_from:
            raise ValueError("works_until lies before works_from")
        if self.before_from is not None and self.before_from >= self.works_from:
            raise ValueError("before_from leaves no day before works_from to compare with")
        if self.until is not None and self.until < self.works_until:
            raise ValueError("until leaves no day after works_until to look at")
        both = sorted(set(self.treated) & set(self.controls))
        if both:
            raise ValueError(f"{both[0]} is among both treated and controls")
        if self.goal.expected_ratio == 1:
            raise ValueError("goal.expected_ratio is 1: write above 1 for more, below 1 for less")
        return self


_SCHEMA: Final = pl.Schema(
    {
        "action_id": pl.String(),
        "revision_count": pl.Int64(),
        "action_name": pl.String(),
        "goal_indicator_code": pl.String(),
        "goal_ratio": pl.Float64(),
        "method_code": pl.String(),
        "started_on": pl.Date(),
        "finished_on": pl.Date(),
        "before_from_on": pl.Date(),
        "until_on": pl.Date(),
        "treated_ids": pl.String(),
        "control_ids": pl.String(),
        "cost_eur": pl.Float64(),
        "decided_by_name": pl.String(),
        "lat_deg": pl.Float64(),
        "lng_deg": pl.Float64(),
        "radius_m": pl.Float64(),
        "registered_at": pl.Datetime("us", "UTC"),
        "is_before": pl.Boolean(),
        "supersedes_hash": pl.String(),
        "previous_hash": pl.String(),
        "entry_hash": pl.String(),
    }
)
_DESCRIPTIONS: Final = {
    "method_code": "How it is to be verified; null: as is usual for the goal.",
    "registered_at": "When it was written down, UTC.",
    "is_before": "Whether no data of after the action were there yet.",
    "supersedes_hash": "The entry of the same action that it takes the place of.",
    "previous_hash": "The entry before it, of whichever action.",
    "entry_hash": "SHA-256 of this entry and of the one before it.",
}
_SPEC: Final = TableSpec(
    _SCHEMA,
    descriptions=_DESCRIPTIONS,
    statistics=tuple(_SCHEMA),
    description="Register of actions: rows are only added.",
)


def read_entry(path: Path) -> Entry:
    """Read an action's file. Raises UsageError that says which line of it to mend, and how."""
    try:
        values = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, YAMLError):
        raise UsageError(f"{path.name}: cannot be read as YAML; see docs/actions.md") from None
    try:
        entry = Entry.model_validate(values)
    except ValidationError as error:
        said = "\n".join(f"{path.name}: {_problem(one)}" for one in error.errors())
        raise UsageError(said) from None
    rows = pl.read_csv(DEFINITIONS / "action_goals.csv").iter_rows(named=True)
    methods = {
        row["goal_code"]: [row[name] for name in _METHODS if row[name] is not None] for row in rows
    }
    goal = entry.goal
    if goal.indicator not in methods:
        known = ", ".join(sorted(methods))
        raise UsageError(f"{path.name}: goal.indicator: no such indicator; write one of {known}")
    allowed = methods[goal.indicator]
    if goal.method not in (None, *allowed):
        raise UsageError(
            f"{path.name}: goal.method: {goal.indicator} is verified by "
            f"{' or '.join(allowed)}; write that, or leave it out"
        )
    return entry


def _problem(error: object) -> str:
    """One finding of pydantic in the words of the file; never what stands there."""
    found = dict(error)  # type: ignore[call-overload] # pydantic's typed dict
    place = ".".join(str(part) for part in found["loc"])
    kind = found["type"]
    if kind == "extra_forbidden":
        return f"{place}: there is no such field; leave it out"
    if kind == "missing":
        return f"{place}: is missing; every action states it"
    told = found["msg"].removeprefix("Value error, ")
    return f"{place}: {told}" if place else told


def enter(entry: Entry, twin: Twin, *, at: datetime) -> dict[str, object]:
    """Add an entry to the register, and give the row: its revision, hash, and whether in time.

    An action that was entered before is superseded, and its earlier rows stay. The same entry again
    is refused with UsageError: it would say nothing new.
    """
    is_before = _is_before(entry, twin, at)
    rows: list[dict[str, object]] = []

    def more(ledger: pl.DataFrame) -> pl.DataFrame:
        rows[:] = [following(entry, ledger, at=at, is_before=is_before)]
        return pl.DataFrame(rows, schema=_SCHEMA)

    twin.lake.amend(LEDGER, more, spec=_SPEC, notes={_NOTE: entry.action_id})
    export(twin)
    return rows[-1]


def following(
    entry: Entry, ledger: pl.DataFrame, *, at: datetime, is_before: bool
) -> dict[str, object]:
    """The row of an entry after those of a ledger. Raises UsageError where it says nothing new."""
    said = _said(entry)
    own = ledger.filter(action_id=entry.action_id).sort("revision_count")
    if own.height and own.select(list(said)).row(-1, named=True) == said:
        raise UsageError(f"{entry.action_id}: is registered so already; nothing was changed")
    row = {
        **said,
        "revision_count": own.height + 1,
        "registered_at": at,
        "is_before": is_before,
        "supersedes_hash": own["entry_hash"][-1] if own.height else None,
        "previous_hash": _last_hash(ledger),
    }
    return {**row, "entry_hash": hash_of(row)}


def entries(twin: Twin) -> pl.DataFrame:
    """All rows of the register in the order in which they were entered."""
    if not twin.lake.exists(LEDGER):
        return pl.DataFrame(schema=_SCHEMA)
    return in_order(twin.lake.read(LEDGER).select(_SCHEMA.names()).collect())


def broken(twin: Twin) -> int:
    """How many entries are not as they were entered, have lost their place, or were taken away.

    What was taken from the end leaves no gap in the chain: the table's own history tells of it.
    """
    if not twin.lake.exists(LEDGER):
        return 0
    rows = twin.lake.read(LEDGER).select(_SCHEMA.names()).collect()
    entered = sum(_NOTE in commit.notes for commit in twin.lake.history(LEDGER))
    return wrong_count(rows) + max(entered - rows.height, 0)


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """The entries that follow from the first: each names the one before, whatever clocks said."""
    by_previous = {row["previous_hash"]: row for row in rows.iter_rows(named=True)}
    found, last = [], _FIRST
    while last in by_previous:
        found.append(by_previous.pop(last))
        last = found[-1]["entry_hash"]
    return pl.DataFrame(found, schema=_SCHEMA)


def wrong_count(rows: pl.DataFrame) -> int:
    """How many entries do not have the hash of what they say, or follow from no other."""
    whole = in_order(rows)
    wrong = sum(hash_of(row) != row["entry_hash"] for row in whole.iter_rows(named=True))
    return int(wrong + rows.height - whole.height)


def set_back(rows: pl.DataFrame) -> list[str]:
    """The actions with an entry that says to be older than the one before it: a clock was wrong.

    `rows` are in order.
    """
    is_earlier = pl.col("registered_at") < pl.col("registered_at").shift()
    return rows.filter(is_earlier)["action_id"].unique().sort().to_list()


def export(twin: Twin) -> None:
    """Leave the register where its contract reads it; the ledger is what holds."""
    rows = entries(twin)
    if rows.is_empty():
        return
    header = (EMPTY_REGISTER / REGISTER_FILE).read_text(encoding="utf-8")
    names = header.splitlines()[0].split(";")
    told = rows.with_columns(registered_on=pl.col("registered_at").dt.date()).select(names)
    path = own_register(twin.settings) / REGISTER_FILE
    with storage_errors(str(path), "write the register"):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(
            header + told.write_csv(separator=";", include_header=False), encoding="utf-8"
        )
        beside.replace(path)


def _last_hash(ledger: pl.DataFrame) -> str:
    named = set(ledger["previous_hash"].to_list())
    last = [one for one in ledger["entry_hash"].to_list() if one not in named]
    return last[0] if last else _FIRST


def hash_of(row: dict[str, object]) -> str:
    """The SHA-256 of an entry, which holds the one before it."""
    kept = {name: row[name] for name in _SCHEMA if name != "entry_hash"}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _said(entry: Entry) -> dict[str, object]:
    area = entry.area
    return {
        "action_id": entry.action_id,
        "action_name": entry.title,
        "goal_indicator_code": entry.goal.indicator,
        "goal_ratio": entry.goal.expected_ratio,
        "method_code": entry.goal.method,
        "started_on": entry.works_from,
        "finished_on": entry.works_until,
        "before_from_on": entry.before_from,
        "until_on": entry.until,
        "treated_ids": " ".join(sorted(entry.treated)) or None,
        "control_ids": " ".join(sorted(entry.controls)) or None,
        "cost_eur": entry.cost_eur,
        "decided_by_name": entry.decided_by,
        "lat_deg": area.lat_deg if area else None,
        "lng_deg": area.lng_deg if area else None,
        "radius_m": area.radius_m if area else None,
    }


def _is_before(entry: Entry, twin: Twin, at: datetime) -> bool:
    """Whether no data of after the action are there; of a goal without data, by the calendar."""
    table, column = _DATA.get(entry.goal.indicator, ("", ""))
    if not table or not twin.lake.exists(table):
        return at.date() < entry.works_until
    newest = twin.read(table).select(pl.col(column).max().cast(pl.Date)).collect().item()
    return not isinstance(newest, date) or newest < entry.works_until
