"""Everything in which a contract of the right shape may disagree with itself.

Each group of rules reads some keys; a group is left out when one of its keys could not be read, so
that one slip is reported once and not again as its consequences.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from infra.adapters.raw import tidy_name
from quality.contract.column_rules import COLUMN_RULES, NAME
from quality.contract.earlier import earlier_problems
from quality.contract.expectation_rules import expectation_problems
from quality.contract.problems import Problem, quoted
from quality.contract.source_rules import (
    ADDRESSES,
    address_problems,
    consume_problems,
    layout_problems,
)
from quality.contract.types import TIMES

if TYPE_CHECKING:
    from quality.contract.model import Contract

_OWNER: Final = re.compile(r"team:[a-z0-9_-]+|[^@\s]+@[^@\s]+\.[^@\s]+")

Rules = Callable[["Contract"], Iterator[Problem]]


def problems(contract: "Contract", unread: frozenset[str] = frozenset()) -> list[Problem]:
    """All disagreements, in the order of the contract's keys.

    `unread` are paths (`cadence`, `columns.paid_eur`, `columns.paid_eur.type`) that hold something
    else than what was written, because what was written makes no sense.
    """
    found: list[Problem] = []
    for rules, keys in _RULES:
        if not unread & keys:
            found += rules(contract)
    for name, column in contract.columns.items():
        path = f"columns.{name}"
        if path in unread or "columns" in unread:
            continue
        for column_rules, keys in COLUMN_RULES:
            if not unread & {f"{path}.{key}" for key in keys}:
                found += (problem.under(path) for problem in column_rules(name, column))
    if not unread:
        found += earlier_problems(contract, found, problems)
    broken = {path.split(".")[1] for path in unread if path.startswith("columns.")}
    return [problem for problem in found if not _speaks_of(problem, broken)]


def _speaks_of(problem: Problem, broken: set[str]) -> bool:
    # "x is not a stored column" is not news when x itself could not be read.
    return not problem.where.startswith("columns.") and any(
        re.search(rf"\b{re.escape(name)}\b", problem.wrong) for name in broken
    )


def _names(contract: "Contract") -> Iterator[Problem]:
    for name in (contract.publisher, contract.dataset):
        if not NAME.fullmatch(name):
            yield Problem(
                "folder", f"{quoted(name)} is not a name", "write lower_case_with_underscores"
            )


def _owner(contract: "Contract") -> Iterator[Problem]:
    if not _OWNER.fullmatch(contract.owner):
        yield Problem(
            "owner",
            f"{quoted(contract.owner)} is neither a team nor an address",
            "write team:name or an e-mail address",
        )


def _key_domain(contract: "Contract") -> Iterator[Problem]:
    pseudonyms = [name for name, column in contract.columns.items() if column.is_pseudonym]
    if pseudonyms and not contract.key_domain:
        yield Problem(
            "key_domain",
            f"is missing, and {pseudonyms[0]} is pseudonymised",
            "write the domain within which it may be joined, such as mobility or energy",
        )
    if contract.key_domain and not NAME.fullmatch(contract.key_domain):
        yield Problem(
            "key_domain",
            f"{quoted(contract.key_domain)} is not a name",
            "write lower_case_with_underscores",
        )


def _legal_basis(contract: "Contract") -> Iterator[Problem]:
    personal = [name for name, column in contract.columns.items() if column.personal != "none"]
    if personal and not contract.is_personal:
        yield Problem(
            "legal_basis",
            f"not_personal, but {personal[0]} is declared personal",
            "write the basis of GDPR Art. 6(1), such as public_task",
        )


def _terms(contract: "Contract") -> Iterator[Problem]:
    if contract.is_personal and contract.retention_days is None:
        yield Problem(
            "retention_days",
            "is missing, and the data are personal",
            "write for how many days the rows are kept",
        )
    if contract.is_personal and contract.archive_days == "forever":
        yield Problem(
            "archive_days", "forever is for legal_basis: not_personal", "write a number of days"
        )


def _time(contract: "Contract") -> Iterator[Problem]:
    if not contract.is_static and contract.since is None:
        yield Problem(
            "since",
            f"is missing, and the cadence is {contract.cadence}",
            "write the first day of the series, such as 2025-01-01",
        )
    if contract.refresh and contract.cadence != "daily":
        yield Problem(
            "refresh",
            f"hourly goes with cadence: daily, not {contract.cadence}",
            "remove it, or write cadence: daily",
        )


def _event_time(contract: "Contract") -> Iterator[Problem]:
    if contract.event_time is None:
        if not contract.is_static and not contract.source.names_windows:
            yield Problem(
                "event_time",
                f"is missing, and {_windows_in(contract)} does not name the window",
                "write the column that says when a row happened, or put {window:%Y-%m-%d} "
                f"into {_windows_in(contract)}",
            )
        return
    column = contract.stored.get(contract.event_time)
    if column is None or column.type not in TIMES:
        fault = "is not a stored column" if column is None else f"is of type {column.type}"
        yield Problem(
            "event_time",
            f"{contract.event_time} {fault}",
            "write the name of a stored column of type timestamp or date",
        )


def _primary_key(contract: "Contract") -> Iterator[Problem]:
    for name in dict.fromkeys(contract.primary_key):
        if name not in contract.stored:
            yield Problem(
                "primary_key", f"{name} is not a stored column", "write a column that is kept"
            )
        elif contract.stored[name].is_free_text:
            yield Problem(
                "primary_key",
                f"{name} is free text: two texts may be the same once redacted",
                "write a column that tells rows apart",
            )
        if contract.primary_key.count(name) > 1:
            yield Problem("primary_key", f"{name} stands twice", "write it once")


def _row_ids(contract: "Contract") -> Iterator[Problem]:
    """A key as the publisher wrote it leads from a pseudonym back to the person's row there."""
    keys = [contract.stored[name] for name in contract.primary_key if name in contract.stored]
    hidden = [name for name, column in contract.stored.items() if column.is_pseudonym]
    if hidden and keys and all(column.treatment == "keep" for column in keys):
        name = contract.primary_key[0]
        yield Problem(
            "primary_key",
            f"{name} is kept as the publisher writes it, and leads from {hidden[0]} back to the "
            "row of the person in its own table",
            "pseudonymise it: treatment: pseudonymise, and a name that ends in _pid",
        )


def _sources(contract: "Contract") -> Iterator[Problem]:
    dropped = {tidy_name(name) for name in contract.dropped}
    for source, readers in contract.delivered.items():
        if source in dropped:
            yield Problem(
                f"dropped.{source}",
                f"the column is also read, by {readers[0]}",
                "keep one of the two",
            )
        columns = {name: contract.columns[name] for name in readers}
        personal = [name for name, column in columns.items() if column.personal != "none"]
        hidden = [name for name, column in columns.items() if column.is_pseudonym]
        for name, column in columns.items():
            if personal and column.personal == "none":
                yield Problem(
                    f"columns.{name}.personal",
                    f"{source} is personal by {personal[0]} and not by {name}",
                    "write the same for both",
                )
            elif hidden and column.treatment == "keep":
                yield Problem(
                    f"columns.{name}.treatment",
                    f"keeps what {hidden[0]} pseudonymises",
                    "generalise it, or remove the column",
                )


def _optional(contract: "Contract") -> Iterator[Problem]:
    for name in dict.fromkeys((*contract.primary_key, contract.event_time or "")):
        column = contract.columns.get(name)
        if column is not None and column.optional:
            role = "event_time" if name == contract.event_time else "primary_key"
            yield Problem(
                f"columns.{name}.optional",
                f"the column is {role}: no row can be without it",
                "remove optional",
            )


def _epochs(contract: "Contract") -> Iterator[Problem]:
    if contract.event_time is not None or contract.source.names_windows:
        return
    for name, column in contract.columns.items():
        if column.epoch:
            yield Problem(
                f"columns.{name}.epoch",
                "no row says its day",
                f"write event_time, or put {{window:%Y-%m-%d}} into {_windows_in(contract)}",
            )


def _windows_in(contract: "Contract") -> str:
    return f"source.{contract.source.windows_in}"


_RULES: Final[tuple[tuple[Rules, frozenset[str]], ...]] = (
    (_names, frozenset({"publisher", "dataset"})),
    (_owner, frozenset({"owner"})),
    (_legal_basis, frozenset({"legal_basis", "columns"})),
    (_key_domain, frozenset({"key_domain", "columns"})),
    (_terms, frozenset({"legal_basis", "retention_days", "archive_days"})),
    (_time, frozenset({"cadence", "since", "refresh"})),
    (_event_time, frozenset({"cadence", "event_time", "columns", *ADDRESSES})),
    (_primary_key, frozenset({"primary_key", "columns"})),
    (_row_ids, frozenset({"primary_key", "columns"})),
    (_optional, frozenset({"primary_key", "event_time", "columns"})),
    (_sources, frozenset({"dropped", "columns"})),
    (_epochs, frozenset({"event_time", "columns", *ADDRESSES})),
    (address_problems, frozenset({"cadence", *ADDRESSES})),
    (consume_problems, frozenset({"source", "source.consume", "archive_days"})),
    (layout_problems, frozenset({"source", "columns", "dropped"})),
    (expectation_problems, frozenset({"expectations", "columns"})),
)
