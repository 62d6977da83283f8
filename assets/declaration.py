"""How a silver entity or an indicator is declared: one pure function and one statement about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

import polars as pl

from assets.measured import Measured
from assets.parts import Parts
from infra.errors import TwinError
from quality.differential.policy import Noisy
from quality.disclosure.policy import Cells, Release, check_floor

THEMES: Final = (
    "mobility", "water", "air", "green", "soil", "weather", "energy", "waste", "services",
    "safety", "tourism", "economy", "risk", "actions",
)  # fmt: skip

# The first day the twin computes anything for.
FIRST_DAY: Final = date(2025, 1, 1)

Plot = Callable[[pl.DataFrame], str]


@dataclass(frozen=True)
class Given:
    """A column a table gives: what it says, and the columns it is made of (`<input>.<column>`)."""

    description: str
    made_of: tuple[str, ...]


def given(description: str, *made_of: str) -> Given:
    """Describe a column and name what it is made of, such as `sessions.entered_at`."""
    return Given(description, tuple(dict.fromkeys(made_of)))


@dataclass(frozen=True)
class Declaration:
    """A table the twin computes: a pure function, what it reads, and what each column says.

    `window_by` is the column whose UTC day decides in which daily window a row stands; None for a
    table without windows. `reads` maps each parameter of the function to a table. The function
    gets a frame per input: of windowed inputs the rows of the days computed and of
    `lookback_days` before them, or of as many as `looks_back` says of that input (of all days, if
    it has no windows itself), of static inputs the current rows; of those in `with_history` all
    rows that ever held, with `valid_from` and `valid_to`.

    A forecast is issued at the end of each day and stands: `issued_from` is the column whose days
    (UTC) those are (`<input>.<column>`). Its function gets them as `issued_on`; what comes later
    changes none but the newest (docs/decisions/0029).

    An open table has a `release`: the function gives rows of person-units, and what is published
    is what the disclosure gate makes of them (`gives` and `key_columns` speak of that).
    An indicator is `measured`: what its numbers are, and what says how sure they are.
    `parts` are ways to compute it anew for some places alone, as a scenario does.
    """

    function: Callable[..., pl.DataFrame]
    key: str
    reads: Mapping[str, str]
    gives: Mapping[str, Given]
    key_columns: tuple[str, ...]
    window_by: str | None
    title: str
    method_version: str
    literature: str
    owner: str = "team:gemello"
    lookback_days: int = 0
    looks_back: Mapping[str, int] = field(default_factory=dict)
    with_history: tuple[str, ...] = ()
    since: date = FIRST_DAY
    issued_from: str = ""
    plot: Plot | None = None
    kinds: tuple[str, ...] = ("deltalake",)
    release: Release | Noisy | None = None
    measured: Measured | None = None
    parts: tuple[Parts, ...] = ()

    def lookback_of(self, name: str) -> int:
        """How many days of an input before each day are read for it."""
        return self.looks_back.get(name, self.lookback_days)

    @property
    def stage(self) -> Literal["silver", "gold", "open"]:
        """Whether it is a silver entity, a gold indicator or an open table."""
        if self.release is not None:
            return "open"
        return "silver" if self.key.startswith("silver/") else "gold"

    @property
    def theme(self) -> str:
        """The subject (silver) or theme (gold, open): the second part of the key."""
        return self.key.split("/")[1]

    @property
    def description(self) -> str:
        """What the function's docstring says, and where the method comes from."""
        text = " ".join((self.function.__doc__ or "").split())
        return f"{self.title}\n\n{text}\n\nMethod {self.method_version}. {self.literature}"

    def check(self) -> None:
        """Raise TwinError where the declaration disagrees with itself or with the naming rules."""
        parts = self.key.split("/")
        if len(parts) != 3 or parts[0] not in ("silver", "gold", "open"):
            raise TwinError(
                f"{self.key}: a key is silver/<subject>/<entity>, gold/<theme>/<name> or "
                "open/<theme>/<name>"
            )
        if parts[0] != "silver" and parts[1] not in THEMES:
            raise TwinError(f"{self.key}: '{parts[1]}' is not a theme; write {', '.join(THEMES)}")
        personal = [name for name in self.gives if name.endswith("_pid")]
        if personal:
            raise TwinError(f"{self.key}: {personal[0]}: no person is followed from silver up")
        for name in (*self.key_columns, *((self.window_by,) if self.window_by else ())):
            if name not in self.gives:
                raise TwinError(f"{self.key}: {name} is not among the columns it gives")
        self._check_reads()
        for name, column in self.gives.items():
            for origin in column.made_of:
                if origin.partition(".")[0] not in self.reads:
                    raise TwinError(f"{self.key}: {name} is made of {origin}, which is not read")
        self._check_parts()
        self._check_release(is_open=parts[0] == "open")
        if (self.measured is not None) != (parts[0] == "gold"):
            raise TwinError(
                f"{self.key}: an indicator (gold/) says how it is measured, and no other table does"
            )
        if self.measured is not None:
            self.measured.check(self.key, self.gives, self.key_columns)

    def _check_reads(self) -> None:
        named = {
            "with_history": self.with_history,
            "looks_back": self.looks_back,
            "issued_from": [self.issued_from.partition(".")[0]] if self.issued_from else [],
        }
        for where, names in named.items():
            for name in names:
                if name not in self.reads:
                    raise TwinError(f"{self.key}: {name} is in {where}, and is not read")

    def _check_parts(self) -> None:
        for one in self.parts:
            if self.window_by is not None or not {*one.by} <= {*self.key_columns}:
                raise TwinError(
                    f"{self.key}: parts are of a table without windows, by columns of its key"
                )
            for origin in one.of:
                if origin.partition(".")[0] not in self.reads:
                    raise TwinError(f"{self.key}: parts hang on {origin}, which is not read")

    def _check_release(self, *, is_open: bool) -> None:
        release = self.release
        if is_open != (release is not None):
            raise TwinError(
                f"{self.key}: a table of open/ has a release, and no other has; "
                f"{'declare one' if is_open else 'leave it out'}"
            )
        if release is None:
            return
        if isinstance(release, Noisy):
            release.question.check(self.key)
            is_by_day = self.window_by == release.day
        else:
            check_floor(self.key, release.thresholds)
            # Totals over days of several windows would change with each of them.
            within = release.within if isinstance(release, Cells) else (self.window_by,)
            is_by_day = self.window_by in (None, *within)
        if self.key_columns != release.key_columns:
            raise TwinError(f"{self.key}: its key columns are {', '.join(release.key_columns)}")
        if not is_by_day:
            raise TwinError(
                f"{self.key}: name {self.window_by} under within: each day is a table by itself"
            )
