"""A scenario as a planner writes it: what, why, who decided, what it costs, and the edits."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assets.scenarios.kind import Edit, find_kinds
from infra.errors import UsageError
from quality.contract.problems import either, unknown
from quality.contract.yaml_text import read_yaml

_ID: Final = r"^[a-z][a-z0-9_]{2,60}$"
_NOTHING: Final = "{} is missing; write it, such as {}"
_EXAMPLES: Final = {
    "title": "title: Meno asfalto in centro",
    "purpose": "purpose: Ridurre il deflusso nelle piogge intense",
    "decided_by": "decided_by: Giunta comunale, delibera 12/2026",
    "decided_on": "decided_on: 2026-11-02",
    "cost_eur": "cost_eur: 1200000",
    "edits": "edits: [] for none",
}


class Plan(BaseModel):
    """A scenario: its texts are Italian, for those who read the sheet.

    `decided_by` and `decided_on` are empty while nobody has decided; `cost_eur` while nobody knows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=3, max_length=120)]
    purpose: Annotated[str, Field(min_length=3, max_length=2000)]
    decided_by: str | None
    decided_on: date | None
    cost_eur: Annotated[float, Field(ge=0)] | None
    edits: list[dict[str, Any]]  # each is read by the model of its kind


@dataclass(frozen=True)
class Scenario:
    """A plan with its name, its edits in their order, and the hash of what was written."""

    scenario_id: str
    plan: Plan
    edits: tuple[Edit, ...]
    text_hash: str


def folder_of(home: Path) -> Path:
    """Where an installation keeps its scenarios."""
    return home / "scenarios"


def check_name(name: str) -> None:
    """Raise UsageError where a scenario may not be called so."""
    if not re.match(_ID, name):
        raise UsageError(
            f"{name}: the name of a scenario is of small letters, digits and _, three to sixty, "
            "such as meno_asfalto"
        )


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises UsageError with all that is wrong, in words of the plan."""
    if not path.is_file():
        raise UsageError(f"{path} is not there; gemello scenario new {path.stem} writes one")
    check_name(path.stem)
    text = path.read_text("utf-8")
    try:
        values = read_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        raise UsageError(f"{path.name} is no YAML{where}; look at colons and indents") from None
    if not isinstance(values, dict):
        raise UsageError(f"{path.name}: write title, purpose, decided_by and edits")
    faults: list[str] = []
    plan = None
    try:
        plan = Plan.model_validate(values)
    except ValidationError as error:
        faults += _faults(error, Plan, "")
    listed = values.get("edits")
    edits = [
        _edit(number, one, faults)
        for number, one in enumerate(listed if isinstance(listed, list) else [], start=1)
    ]
    if plan is None or faults:
        raise UsageError("\n".join(f"{path.name}: {fault}" for fault in faults))
    return Scenario(
        scenario_id=path.stem,
        plan=plan,
        edits=tuple(edit for edit in edits if edit is not None),
        text_hash=hashlib.sha256(text.encode()).hexdigest()[:16],
    )


def place_of(number: int, kind: object) -> str:
    """An edit as messages name it."""
    return f"edit {number} ({kind})"


def _edit(number: int, values: object, faults: list[str]) -> Edit | None:
    kinds = find_kinds()
    name = values.get("kind") if isinstance(values, dict) else None
    if name not in kinds:
        wrong, write = unknown(name, sorted(kinds), what="a kind of edit")
        faults.append(f"edit {number}: {wrong}; {write} under kind")
        return None
    try:
        return kinds[str(name)].model.model_validate(values)
    except ValidationError as error:
        faults += _faults(error, kinds[str(name)].model, f"{place_of(number, name)}: ")
        return None


def _faults(error: ValidationError, model: type[BaseModel], before: str) -> list[str]:
    """What is wrong in words a planner understands; it is their own text that is shown."""
    return [
        before + _fault(one["type"], [str(part) for part in one["loc"]], one["msg"], model)
        for one in error.errors(include_url=False)
    ]


def _fault(code: str, place: Sequence[str], message: str, model: type[BaseModel]) -> str:
    name = ".".join(place)
    if code == "missing":
        return _NOTHING.format(name, _EXAMPLES.get(name, f"{name}: …"))
    if code == "extra_forbidden":
        wrong, write = unknown(name, list(model.model_fields), what="a key of it")
        return f"{wrong}; {write}"
    if code == "string_pattern_mismatch":
        return f"{name} is not written as asked; look at the template (gemello scenario new)"
    if code == "literal_error":
        return f"{name}: {message}"
    return f"{name}: {message[0].lower()}{message[1:]}"


def template(name: str, kinds: Sequence[str]) -> str:
    """A scenario to fill in, with an example of each of these kinds and what each line says.

    Raises UsageError for a kind that is not there.
    """
    known = find_kinds()
    wrong = [one for one in kinds if one not in known]
    if wrong:
        raise UsageError(f"{wrong[0]} is no kind of edit; write {either(sorted(known))}")
    examples = "".join(known[one].template for one in kinds)
    return f"""\
# Scenario {name}. Prova: gemello scenario run {name}
title: {name.replace("_", " ").capitalize()}
purpose: Perché lo si propone, in una frase
decided_by: null          # chi ha deciso; null finché nessuno ha deciso
decided_on: null          # quando, per esempio 2026-11-02
cost_eur: null            # quanto costa, in euro; null se non si sa
edits:{"" if examples else " []"}
{examples}"""
