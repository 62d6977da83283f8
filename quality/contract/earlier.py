"""How older deliveries were laid out: what differs from the columns and source of today.

A layout says only how a delivery is read. What is kept, as what type and under which treatment is
one and the same for the whole table.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator

from infra.adapters.form import FileForm
from infra.adapters.raw import tidy_name
from quality.contract.columns import Column, SentAs, texts
from quality.contract.problems import Problem, closest, kind, mistake
from quality.contract.treatments import Strict

if TYPE_CHECKING:
    from quality.contract.model import Contract

Source = TypeVar("Source", bound=BaseModel)
# Where and how a delivery is fetched is the same for all layouts; by these keys it is read.
_READ_BY: Final = frozenset({*FileForm.model_fields, "select"})


class EarlierColumn(Strict):
    """How one column was delivered; what is not said is as today."""

    source: tuple[str, ...] | None = Field(default=None, alias="from")
    sent_as: SentAs | None = None
    optional: bool | None = None

    @field_validator("source", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        names = texts(value, of="the publisher's name of the column")
        return tuple(tidy_name(name) for name in names)

    def laid_over(self, column: Column) -> Column:
        """The column of today as it was delivered then."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        return column.model_copy(update=said)


class Earlier(Strict):
    """The layout of deliveries up to and with the day `valid_until`."""

    valid_until: date
    columns: dict[str, EarlierColumn] = Field(default={})
    source: dict[str, Any] = Field(default={})  # keys of the adapter; validated with those of today
    dropped: dict[str, str] = Field(default={})

    @field_validator("valid_until", mode="before")
    @classmethod
    def _is_day(cls, value: object) -> object:
        if isinstance(value, datetime) or not isinstance(value, date | str):
            raise mistake(f"is {kind(value)}", "write the last day of this layout, as 2025-06-30")
        return value


def earlier_on(contract: "Contract", day: date) -> Earlier | None:
    """The earlier layout that deliveries of this day have; None where they have that of today."""
    until = [one for one in contract.earlier if day <= one.valid_until]
    return min(until, key=lambda one: one.valid_until, default=None)


def layout_end(contract: "Contract", day: date) -> date:
    """The last day of the layout that deliveries of this day have; the end of time for today's."""
    earlier = earlier_on(contract, day)
    return date.max if earlier is None else earlier.valid_until


def layout_on(contract: "Contract", day: date) -> "Contract":
    """The contract as deliveries of this day are read; without earlier layouts of its own."""
    earlier = earlier_on(contract, day)
    if earlier is not None:
        return _laid_over(contract, earlier)
    return contract.model_copy(update={"earlier": ()}) if contract.earlier else contract


def _laid_over(contract: "Contract", earlier: Earlier) -> "Contract":
    columns = {
        name: earlier.columns[name].laid_over(column) if name in earlier.columns else column
        for name, column in contract.columns.items()
    }
    return contract.model_copy(
        update={
            "columns": columns,
            "source": read_as(contract.source, earlier.source),
            "dropped": {**contract.dropped, **earlier.dropped},
            "earlier": (),
        }
    )


def read_as(source: Source, keys: Mapping[str, object]) -> Source:
    """A source that is fetched as it is and read with other keys. Raises ValidationError."""
    if not keys:
        return source
    values = source.model_dump(by_alias=True, exclude_unset=True) | dict(keys)
    checked = type(source).model_validate(values)
    said = {name: getattr(checked, name) for name in keys if name in type(source).model_fields}
    return source.model_copy(update=said)


def earlier_problems(
    contract: "Contract",
    of_today: Iterable[Problem],
    problems: "Callable[[Contract], list[Problem]]",
) -> Iterator[Problem]:
    """What is wrong with each earlier layout, and not with that of today."""
    known = {(problem.where, problem.wrong) for problem in of_today}
    seen: set[date] = set()
    for place, earlier in enumerate(contract.earlier, start=1):
        where = f"earlier.{place}"
        if earlier.valid_until in seen:
            yield Problem(f"{where}.valid_until", "stands twice", "write one layout for each day")
        seen.add(earlier.valid_until)
        if contract.since is not None and earlier.valid_until < contract.since:
            yield Problem(
                f"{where}.valid_until", "lies before since: no delivery is so old", "remove it"
            )
        found = list(_own_problems(contract, earlier))
        if not found:
            then = problems(_laid_over(contract, earlier))
            found = [one for one in then if (one.where, one.wrong) not in known]
        yield from (problem.under(where) for problem in found)


def _own_problems(contract: "Contract", earlier: Earlier) -> Iterator[Problem]:
    for name in earlier.columns:
        if name not in contract.columns:
            meant = closest(name, contract.columns)
            yield Problem(
                f"columns.{name}",
                "is not a column of the contract" + (f" (did you mean {meant}?)" if meant else ""),
                "write a name that stands under columns",
            )
    for key in sorted(set(earlier.source) - _READ_BY):
        if key in type(contract.source).model_fields:
            yield Problem(f"source.{key}", "is the same for all layouts", "remove it")
            return
    try:
        read_as(contract.source, earlier.source)
    except ValidationError as error:
        from quality.contract.explain import translated

        yield from (problem.under("source") for problem in translated(error, type(contract.source)))
