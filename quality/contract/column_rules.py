"""Everything in which one column of a contract may disagree with itself.

Each group of rules names the keys it reads; see `agreement`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from infra.errors import ContractError
from quality.contract.columns import Column
from quality.contract.entities import SELF_EVIDENT
from quality.contract.problems import Problem
from quality.contract.treatments import H3, Bands, CensusSection, RoundTo, Truncate
from quality.contract.types import NUMBERS, SERVICE_TIME, TIMES
from quality.units import unit_of

NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Names of the columns gemello adds to what a contract declares.
RESERVED: Final = (
    *("window_on", "valid_from", "valid_to"),
    *("rule", "reason", "delivery_id", "payload_index", "row_index", "sealed_until_on"),
)

ColumnRules = Callable[[str, Column], Iterator[Problem]]


def _column_name(name: str, _: Column) -> Iterator[Problem]:
    if not NAME.fullmatch(name):
        yield Problem("", "is not a column name", "write lower_case_with_underscores")
    if name in RESERVED:
        yield Problem("", "the name is gemello's own", "choose another")


def _number(name: str, column: Column) -> Iterator[Problem]:
    if column.type in NUMBERS and unit_of(name) is None:
        yield Problem(
            "",
            "a number ends in its unit",
            f"write {name}_count, {name}_eur, … (units: quality/units.py), or type: string for a "
            "code",
        )
    if column.sent_as.unit and (column.type not in NUMBERS or unit_of(name) is None):
        yield Problem(
            "sent_as.unit",
            "goes with a number that ends in its unit",
            "remove it, or name the unit",
        )


def _source(_: str, column: Column) -> Iterator[Problem]:
    if len(column.source) > 1 and (column.type in NUMBERS or isinstance(column.treatment, Bands)):
        yield Problem("from", "a number stands in one column", "write one name")


def _reading(name: str, column: Column) -> Iterator[Problem]:
    if column.sent_as.format == SERVICE_TIME:
        if column.type != "integer" or unit_of(name) != "s" or column.sent_as.unit:
            yield Problem(
                "sent_as.format",
                f"{SERVICE_TIME} gives whole seconds",
                "write type: integer, no unit, and a name that ends in _s",
            )
        return
    for key in ("timezone", "format"):
        if getattr(column.sent_as, key) and column.type not in TIMES:
            yield Problem(
                f"sent_as.{key}",
                f"goes with type: timestamp or date, not {column.type}",
                "remove it",
            )
    for key in ("true", "false"):
        if getattr(column.sent_as, key) and column.type != "boolean":
            yield Problem(
                f"sent_as.{key}", f"goes with type: boolean, not {column.type}", "remove it"
            )


def _readable(name: str, column: Column) -> Iterator[Problem]:
    from quality.privacy.reading import check_column

    if column.sent_as.format and column.type not in TIMES:
        return  # it goes: see above
    try:
        check_column(name, column)
    except ContractError as error:
        where, _, rest = str(error).removeprefix(f"columns.{name}: ").partition(": ")
        wrong, _, write = rest.partition("; ")
        yield Problem(where, wrong, write)


def _pseudonym(name: str, column: Column) -> Iterator[Problem]:
    if column.is_pseudonym and not name.endswith("_pid"):
        stem = name.removesuffix("_id").removesuffix("_code")
        yield Problem("", "a pseudonym ends in _pid", f"write {stem}_pid")
    if not column.is_pseudonym and name.endswith("_pid"):
        yield Problem(
            "", "_pid means a pseudonym", "write treatment: pseudonymise, or rename the column"
        )
    if column.is_pseudonym and column.type != "string":
        yield Problem("type", f"a pseudonym is text, not {column.type}", "write type: string")
    if column.epoch and not column.is_pseudonym:
        yield Problem(
            "epoch", "goes with treatment: pseudonymise", "remove it, or write the treatment"
        )


def _personal(_: str, column: Column) -> Iterator[Problem]:
    if column.personal == "direct" and column.treatment == "keep":
        yield Problem(
            "treatment",
            "a direct identifier cannot be kept",
            "write pseudonymise, redact or a generalisation, or move the column to dropped",
        )
    elif column.entity in SELF_EVIDENT and column.treatment == "keep":
        yield Problem(
            "treatment",
            f"{column.entity} is the number or name of one person and cannot be kept",
            "write pseudonymise, or move the column to dropped",
        )
    if column.entity and column.type != "string":
        yield Problem("type", f"an identifier is text, not {column.type}", "write type: string")
    if column.personal == "none" and column.treatment in ("pseudonymise", "redact"):
        yield Problem(
            "personal",
            f"what {column.treatment} is for is personal",
            "write personal: direct or indirect",
        )


def _free_text(_: str, column: Column) -> Iterator[Problem]:
    if not column.is_free_text:
        return
    if column.type != "string":
        yield Problem("type", f"free text is text, not {column.type}", "write type: string")
    if column.entity:
        yield Problem(
            "entity",
            "goes with one identifier a cell, and free text may hold any",
            "remove it, or write treatment: pseudonymise",
        )


def _generalised(_: str, column: Column) -> Iterator[Problem]:
    treatment = column.treatment
    if isinstance(treatment, H3 | CensusSection):
        if len(column.source) != 2:
            yield Problem("from", "a place has two coordinates", "write [latitude, longitude]")
        if column.type != "string":
            yield Problem("type", f"a cell or section is a code, not {column.type}", "write string")
    elif isinstance(treatment, Truncate):
        if column.type not in TIMES:
            yield Problem(
                "treatment",
                f"truncate goes with an instant or a date, not {column.type}",
                "write type: timestamp or date, or another treatment",
            )
        elif column.type == "date" and re.fullmatch(r"[0-9]+[mh]", treatment.truncate):
            yield Problem("treatment", "a date has no hours to truncate", "write 1w, 1mo or 1y")
    elif isinstance(treatment, RoundTo) and column.type not in NUMBERS:
        yield Problem(
            "treatment",
            f"round_to goes with a number, not {column.type}",
            "write type: float, decimal or integer, or another treatment",
        )
    elif isinstance(treatment, Bands) and column.type != "string":
        yield Problem("type", f"bands are text, not {column.type}", "write type: string")


COLUMN_RULES: Final[tuple[tuple[ColumnRules, frozenset[str]], ...]] = (
    (_column_name, frozenset()),
    (_number, frozenset({"type", "sent_as"})),
    (_source, frozenset({"type", "from", "treatment"})),
    (_reading, frozenset({"type", "sent_as"})),
    (_readable, frozenset({"type", "sent_as"})),
    (_pseudonym, frozenset({"type", "treatment", "epoch"})),
    (_personal, frozenset({"type", "personal", "treatment", "entity"})),
    (_free_text, frozenset({"type", "treatment", "entity"})),
    (_generalised, frozenset({"type", "treatment", "from"})),
)
