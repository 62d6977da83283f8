"""pydantic's errors about a contract, in the words of `problems`: a place, a fault, a cure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from quality.contract.problems import (
    Problem,
    ProblemsError,
    closest,
    kind,
    not_text,
    quoted,
    unknown,
)
from quality.contract.types import ColumnType

_REQUIRED: Final = {
    "title": "title: with what the table holds, in Italian",
    "owner": "owner: team:name or an e-mail address",
    "purpose": "purpose: with what the data are for, in Italian",
    "legal_basis": "the basis of GDPR Art. 6(1), such as public_task, or not_personal",
    "cadence": "cadence: stream, daily, monthly, yearly or static",
    "source": "source: {protocol: file, url: …}",
    "columns": "columns: with a line for each column that is kept",
    "type": "type: string, or another type of docs/contract.md",
    "valid_until": "valid_until: with the last day of this layout",
    "url": "url: with where the data are",
    "by": "by: page, offset, cursor or link",
    "datasets": "datasets: with the ids of the portal's data sets",
    "select": "select: with the columns to ask for, a list",
    "package": "package: with its name on the portal",
    "next": "next: with the path to the next page's mark in an answer",
    "protocol": "protocol: file, or another protocol of docs/contract.md",
    "access": 'access: "{place}", the folder with password or key',
    "table": "table: stop_times, or another table of the feed",
}
_EXPECTED: Final = {
    "string": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "date": "a date",
    "dict": "a mapping of keys",
    "model": "a mapping of keys",
    "tuple": "a list",
    "list": "a list",
    "finite": "a number",
}
_SHAPES: Final = {
    "columns": ("a mapping", "write `name: {type: …}` for each column"),
    "dropped": ("a mapping", "write `column: why it is not kept`"),
    "expectations": ("a list", "write `- expect_…: {column: …}`, one a line"),
    "source": ("a mapping", "write {protocol: file, url: …}"),
    "earlier": ("a list", "write `- valid_until: …` and what was otherwise"),
}
_LIMITS: Final = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
# What pydantic adds to a path for the members of a union; no key of a source is called like this.
_UNION_MEMBER: Final = re.compile(
    r"(bool|int|str|float|tuple\[.*|list\[.*|literal\[.*|function-.*)"
)


def translated(error: ValidationError, model: type[BaseModel] | None = None) -> list[Problem]:
    """Every problem of a validation error, each once; `model` is what was validated."""
    details = error.errors(include_url=False)
    meant = {
        (parent, name) for parent, name in (_meant(detail, model) for detail in details) if name
    }
    by_place: dict[str, list[Problem]] = {}
    for detail in details:
        *parents, last = place(detail["loc"]) or [""]
        if detail["type"] == "missing" and (".".join(parents), last) in meant:
            continue  # its misspelt self is already reported
        for problem in _problems(detail, model):
            by_place.setdefault(problem.where, []).append(problem)
    return [_merged(found) for found in by_place.values()]


def place(loc: Sequence[int | str]) -> list[str]:
    """The path of a value as its author would write it; the items of a list count from 1."""
    parts = [str(part + 1) if isinstance(part, int) else str(part) for part in loc]
    if parts[:1] != ["source"]:
        return [part for part in parts if part != "[key]"]
    kept = [part for part in parts[2:] if not _UNION_MEMBER.fullmatch(part)]
    is_tagged = len(parts) > 2 and parts[1] in protocols()
    return [parts[0], *kept] if is_tagged else [*parts[:2], *kept]


def protocols() -> list[str]:
    """The protocols a source may speak."""
    return [get_args(model.model_fields["protocol"].annotation)[0] for model in adapters()]


def adapters() -> tuple[type[BaseModel], ...]:
    """The models of the adapters, one a protocol."""
    from infra.adapters import Adapter

    union, *_ = get_args(Adapter)  # Annotated[A | B, Field(discriminator=…)]
    return get_args(union)


def known_keys(path: Sequence[str], model: type[BaseModel] | None) -> list[str]:
    """The keys that may stand at this place of a contract; none where that is free."""
    if model is not None and model.__name__ != "Contract":
        return _names(model)
    from quality.contract.columns import Column, SentAs
    from quality.contract.model import Contract

    depth, top = len(path), path[0] if path else ""
    keys: list[str] = []
    if not path:
        keys = [name for name in _names(Contract) if name not in ("publisher", "dataset")]
    elif top == "source":
        keys = _source_keys(path[1:])
    elif top == "columns" and depth == 2:
        keys = _names(Column)
    elif top == "columns" and path[2:] == ["sent_as"]:
        keys = _names(SentAs)
    elif top == "earlier":
        keys = _earlier_keys(path[2:])
    return keys


def _earlier_keys(path: Sequence[str]) -> list[str]:
    from quality.contract.columns import SentAs
    from quality.contract.earlier import Earlier, EarlierColumn

    match list(path):
        case []:
            return _names(Earlier)
        case ["columns", _]:
            return _names(EarlierColumn)
        case ["columns", _, "sent_as"]:
            return _names(SentAs)
    return []


def _source_keys(path: Sequence[str]) -> list[str]:
    """The keys of a source, or of a mapping in it, whatever its protocol."""
    from infra.adapters.form import Melt
    from infra.adapters.pagers import PAGINGS
    from infra.adapters.sftp import Ready
    from infra.adapters.socrata import Part

    inside: dict[str, tuple[type[BaseModel], ...]] = {
        "": adapters(),
        "melt": (Melt,),
        "paging": PAGINGS,
        "datasets": (Part,),
        "ready": (Ready,),
    }
    models = inside.get(path[0] if path else "", ())
    return list(dict.fromkeys(name for model in models for name in _names(model)))


def meant_key(name: str, path: Sequence[str], model: type[BaseModel] | None = None) -> str | None:
    """The key an unknown one was meant to be, or None."""
    keys = known_keys(path, model)
    if name in keys:
        return None  # a key of another protocol
    # `source` is what the contract calls a publisher; of a column one says `from`.
    return "from" if name == "source" and "from" in keys else closest(name, keys, likeness=0.75)


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _meant(detail: Mapping[str, Any], model: type[BaseModel] | None) -> tuple[str, str | None]:
    if detail["type"] != "extra_forbidden":
        return "", None
    *parents, name = place(detail["loc"])
    return ".".join(parents), meant_key(name, parents, model)


def _problems(detail: Mapping[str, Any], model: type[BaseModel] | None) -> list[Problem]:
    path = place(detail["loc"])
    if detail["type"].startswith("union_tag_") and path[-1:] in (["source"], ["paging"]):
        path = [*path, detail["ctx"]["discriminator"].strip("'")]
    where = ".".join(path)
    context = detail.get("ctx", {})
    if detail["type"] == "value_error":
        error = context["error"]
        if isinstance(error, ProblemsError):
            return [problem.under(where) for problem in error.problems]
        wrong, _, write = str(error).rpartition("; ")
        return [Problem(where, wrong or "is not valid", write)]
    if detail["type"] == "extra_forbidden":
        _, name = _meant(detail, model)
        cure = f"write {name}" if name else "remove it; docs/contract.md lists the keys"
        return [Problem(where, "unknown key", cure)]
    return [Problem(where, *_fault(detail["type"], path, detail.get("input"), context))]


def _fault(
    error: str, path: list[str], value: object, context: Mapping[str, Any]
) -> tuple[str, str]:
    """What is wrong and what to write, for one kind of pydantic's errors."""
    if error in ("missing", "union_tag_not_found"):
        name = path[-1]
        return "is missing", f"write {_REQUIRED.get(name, f'{name}: …')}"
    if error in ("literal_error", "union_tag_invalid"):
        return _not_in_list(error, path, value, context)
    if error in _LIMITS:
        key, words = _LIMITS[error]
        return f"{quoted(value)} is out of range", f"write a number {words} {context[key]:g}"
    if error in ("too_short", "string_too_short"):
        return "is empty", "write at least one"
    if error == "string_too_long":
        return f"{quoted(value)} is too long", f"write at most {context['max_length']} character"
    return _wrong_type(error, path, value)


def _not_in_list(
    error: str, path: list[str], value: object, context: Mapping[str, Any]
) -> tuple[str, str]:
    if error == "union_tag_invalid":
        known = re.findall(r"'([^']*)'", context["expected_tags"])
        return unknown(context["tag"], known, what="a protocol" if path[1:] == ["protocol"] else "")
    quotes = re.findall(r"'([^']*)'|\"([^\"]*)\"", context["expected"])
    options = [single or double for single, double in quotes]
    return unknown(value, [name if name.isidentifier() else f"'{name}'" for name in options])


def _wrong_type(error: str, path: list[str], value: object) -> tuple[str, str]:
    if path[:1] == ["columns"] and len(path) == 2:
        return f"is {kind(value)}", f"write {{type: {value if value in _types() else 'string'}}}"
    if len(path) == 1 and path[0] in _SHAPES:
        expected, cure = _SHAPES[path[0]]
        return f"is {kind(value)}, not {expected}", cure
    expected = next((words for start, words in _EXPECTED.items() if error.startswith(start)), "it")
    if expected == "text":
        return not_text(value, "write text")
    fault = f"{quoted(value)} is not {expected}" if isinstance(value, str) else f"is {kind(value)}"
    return fault, f"write {expected}{' such as 2025-01-01' if expected == 'a date' else ''}"


def _types() -> tuple[object, ...]:
    return get_args(ColumnType)


def _merged(found: list[Problem]) -> Problem:
    """One problem for one place: the members of a union each complained, any of them would do."""
    writes = list(dict.fromkeys(problem.write.removeprefix("write ") for problem in found))
    if len(writes) == 1:
        return found[0]
    return found[0]._replace(write=f"write {', or '.join(writes)}")
