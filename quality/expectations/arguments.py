"""The arguments of an expectation, fitted to the types of the columns they speak of.

YAML reads `2025-01-01` as a date and `01` as a number. An instant is compared with instants in
UTC, a date with midnights, a code with texts: what does not fit is refused before any delivery.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, Final

from infra.errors import ContractError
from quality.contract.expectation_rules import BOUNDED_BY_VALUES
from quality.contract.model import Contract, Expectation

_BOUNDS: Final = ("min_value", "max_value")
_Fit = Callable[[object], object]


def fitted(expectation: Expectation, contract: Contract) -> dict[str, Any]:  # any GX argument
    """Fit the arguments for Great Expectations. Raises ContractError for one that cannot fit."""
    arguments = dict(expectation.arguments)

    def fit(column: object, argument: str) -> _Fit:
        return lambda value: _fit(value, contract, expectation, str(column), argument)

    column = arguments.get("column")
    if column in contract.columns:
        if expectation.name in BOUNDED_BY_VALUES:
            for bound in _BOUNDS:
                if bound in arguments:
                    arguments[bound] = fit(column, bound)(arguments[bound])
        if isinstance(arguments.get("value_set"), list | tuple | set):
            arguments["value_set"] = [fit(column, "value_set")(v) for v in arguments["value_set"]]
        ranges = arguments.get("quantile_ranges")
        if isinstance(ranges, dict) and isinstance(ranges.get("value_ranges"), list):
            bounds = fit(column, "quantile_ranges")
            arguments["quantile_ranges"] = ranges | {
                "value_ranges": [[bounds(v) for v in pair] for pair in ranges["value_ranges"]]
            }
    if isinstance(arguments.get("value_pairs_set"), list):
        first, second = (
            fit(arguments.get(name), "value_pairs_set") for name in ("column_A", "column_B")
        )
        arguments["value_pairs_set"] = [
            (first(a), second(b)) for a, b in arguments["value_pairs_set"]
        ]
    return arguments


def _fit(
    value: object, contract: Contract, expectation: Expectation, column: str, argument: str
) -> object:
    kind = contract.columns[column].type if column in contract.columns else None
    match kind, value:
        case _, None:
            return None
        case "timestamp" | "date", _:
            instant = _instant(value)
            if instant is not None:
                return instant if kind == "timestamp" else instant.replace(tzinfo=None)
            wanted = "a date or an instant such as 2025-01-01 or 2025-01-01T06:00:00Z"
        case "string" | "geometry", _ if argument in _BOUNDS:
            wanted = "bounds for numbers, dates and instants only"
        case "string" | "geometry", str():
            return value
        case "string" | "geometry", _:
            wanted = "text: put it in quotes"
        case "integer" | "float" | "decimal", bool() | str():
            wanted = "a number"
        case _:
            return value
    raise ContractError(
        f"{contract.key}: expectations.{expectation.name}.{argument}: {value!r} is compared with "
        f"{column}, which is of type {kind}; write {wanted}"
    )


def _instant(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    return None
