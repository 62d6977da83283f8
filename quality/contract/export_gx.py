"""A contract as a Great Expectations suite, for those who judge its table with their own tools."""

from datetime import date, datetime
from typing import Any

from quality.contract.model import Contract, Expectation
from quality.expectations.arguments import fitted


def to_gx_suite(contract: Contract) -> dict[str, Any]:  # JSON
    """Write the contract's expectations, and those that follow from its schema, as a suite.

    Great Expectations loads it with `ExpectationSuite(**suite)`. Dates are ISO 8601.
    """
    return {
        "name": contract.key,
        "expectations": [
            *(_entry(expectation, contract, "schema") for expectation in _of_schema(contract)),
            *(_entry(expectation, contract, "contract") for expectation in contract.expectations),
        ],
        "meta": {"gemello": {"contract": contract.key, "version": contract.version}},
        "notes": contract.title,
    }


def _of_schema(contract: Contract) -> list[Expectation]:
    needed = [name for name in (*contract.primary_key, contract.event_time) if name is not None]
    found = [
        Expectation(name="expect_column_values_to_not_be_null", arguments={"column": name})
        for name in dict.fromkeys(needed)
    ]
    if contract.event_time is not None and contract.since is not None:
        since = {"column": contract.event_time, "min_value": contract.since}
        found.append(Expectation(name="expect_column_values_to_be_between", arguments=since))
    match contract.primary_key:
        case ():
            return found
        case (name,):
            unique = Expectation(
                name="expect_column_values_to_be_unique", arguments={"column": name}
            )
        case names:
            unique = Expectation(
                name="expect_compound_columns_to_be_unique", arguments={"column_list": list(names)}
            )
    return [*found, unique]


def _entry(expectation: Expectation, contract: Contract, origin: str) -> dict[str, Any]:  # JSON
    arguments = dict(expectation.arguments)
    column = contract.columns.get(str(arguments.get("column")))
    if column is not None and column.type == "timestamp":
        # A bare date would be compared with instants that know their zone, and fail.
        arguments = fitted(expectation, contract)
    prose: dict[str, Any] = {  # text
        key: arguments.pop(key) for key in ("description", "notes") if key in arguments
    }
    meta = {**(arguments.pop("meta", None) or {}), "gemello": {"origin": origin}}
    return {
        "type": expectation.name,
        "kwargs": _json(arguments),
        "severity": expectation.severity,
        "meta": _json(meta),
        **prose,
    }


def _json(value: Any) -> Any:  # a YAML value, then a JSON value
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
