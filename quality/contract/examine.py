"""Turning what stands in a contract's file into a contract, or into everything wrong with it."""

import copy
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from quality.contract import agreement
from quality.contract.explain import meant_key, protocols, translated
from quality.contract.model import SHAPE_ONLY, Contract
from quality.contract.problems import Problem, ProblemsError

# Stands in for what could not be read, so that the rest can still be examined.
_NEUTRAL: Final[Mapping[str, object]] = {
    "title": "-",
    "owner": "team:x",
    "purpose": "-",
    "legal_basis": "public_task",
    "cadence": "static",
    "source": {"protocol": "file", "url": "x"},
    "columns": {"x": {"type": "string"}},
}

Values = dict[str, Any]  # contract keys of any type


def examined(values: Values) -> Contract:
    """The contract these values make. Raises ProblemsError with all problems, not only one."""
    try:
        return Contract.model_validate(values)
    except ValidationError as error:
        found = translated(error, Contract)
        rest = _rest(values, error)
    raise ProblemsError(*dict.fromkeys([*found, *rest]))


def _rest(values: Values, error: ValidationError) -> list[Problem]:
    """What the readable part of a contract disagrees about with itself."""
    details = error.errors(include_url=False)
    if any(not detail["loc"] for detail in details):
        return []  # the whole had its shape, and has been heard
    readable, unread = copy.deepcopy(values), set[str]()
    for detail in details:
        unread |= _take_out(readable, detail["loc"], detail["type"])
    for key, neutral in _NEUTRAL.items():
        if not readable.get(key):
            readable[key] = copy.deepcopy(neutral)
            unread.add(key)
    try:
        rest = Contract.model_validate(readable, context=SHAPE_ONLY)
    except ValidationError:
        return []  # two slips in one place: the first is reported, the next run shows the second
    return agreement.problems(rest, frozenset(unread))


def _take_out(values: Values, loc: tuple[int | str, ...], kind: str) -> set[str]:
    """Remove what could not be read; the paths that are now missing or replaced."""
    if loc[0] == "columns" and len(loc) > 1:
        return _take_out_of_column(values, loc, kind)
    top = str(loc[0])
    if top == "source" and len(loc) > 1 and loc[1] in protocols():
        loc = (top, *loc[2:])  # pydantic names the member of the union, too
    inside = values.get(top)
    if len(loc) == 1 or inside is None:
        values.pop(top, None)
        meant = meant_key(top, []) if kind == "extra_forbidden" else top
        return {meant} if meant else set()
    if top == "source" and kind == "extra_forbidden" and len(loc) == 2:
        inside.pop(str(loc[1]), None)
        meant = meant_key(str(loc[1]), ["source"])
        return {f"source.{meant}"} if meant else set()
    if top == "expectations" and isinstance(loc[1], int):
        inside[loc[1]] = "expect_anything"  # in its place, so that the others keep their numbers
        return set()
    if top == "dropped":
        inside.pop(str(loc[1]), None)
        return set()
    del values[top]
    return {top}


def _take_out_of_column(values: Values, loc: tuple[int | str, ...], kind: str) -> set[str]:
    name = str(loc[1])
    path = f"columns.{name}"
    column = values["columns"].get(name)
    if not isinstance(column, dict) or len(loc) == 2:
        values["columns"][name] = {"type": "string"}
        return {path}
    key = str(loc[2])
    column = values["columns"][name] = dict(column)
    column.pop(key, None)
    if kind == "extra_forbidden" and len(loc) == 3:
        meant = meant_key(key, ["columns", name])
        return {f"{path}.{meant}"} if meant else set()
    if key == "type":
        column["type"] = "string"
    return {f"{path}.{key}"}
