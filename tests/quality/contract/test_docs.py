import re
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from infra.adapters.form import Melt
from infra.adapters.pagers import PAGINGS
from infra.adapters.sftp import Ready
from infra.adapters.socrata import Part
from quality.contract.columns import Column, Personal, SentAs
from quality.contract.earlier import Earlier, EarlierColumn
from quality.contract.entities import ENTITIES, SELF_EVIDENT
from quality.contract.examine import examined
from quality.contract.explain import adapters
from quality.contract.model import Contract, LegalBasis
from quality.contract.treatments import GENERALISATIONS, SIMPLE
from quality.contract.types import SERVICE_TIME, ColumnType
from quality.units import UNITS

PAGE = (Path(__file__).parents[3] / "docs" / "contract.md").read_text(encoding="utf-8")
MODELS: tuple[type[BaseModel], ...] = (
    Contract,
    Column,
    SentAs,
    Earlier,
    EarlierColumn,
    *adapters(),
    Melt,
    Part,
    Ready,
    *PAGINGS,
    *GENERALISATIONS.values(),
)


def keys() -> list[str]:
    return [
        f"{model.__name__}.{field.alias or name}"
        for model in MODELS
        for name, field in model.model_fields.items()
    ]


def members(annotation: object) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(member) for member in get_args(annotation)]
    return [member for part in get_args(annotation) for member in members(part)]


def closed_lists() -> set[str]:
    found = {
        member
        for model in MODELS
        for field in model.model_fields.values()
        for member in members(field.annotation)
    }
    found |= {*ENTITIES, *SIMPLE, *GENERALISATIONS, *UNITS, SERVICE_TIME, "critical", "warning"}
    return found | {*get_args(ColumnType), *get_args(Personal), *get_args(LegalBasis)}


@pytest.mark.parametrize("key", keys())
def test_every_key_of_a_contract_is_documented(key: str) -> None:
    assert re.search(rf"`{re.escape(key.partition('.')[2])}`|\b{key.partition('.')[2]}:", PAGE)


@pytest.mark.parametrize("member", sorted(closed_lists() - {" "}))
def test_every_member_of_a_closed_list_is_documented(member: str) -> None:
    assert f"`{member}`" in PAGE


def test_entities_that_cannot_be_kept_are_marked() -> None:
    assert set(re.findall(r"`(\w+)` \*", PAGE)) == SELF_EVIDENT


@pytest.mark.parametrize("name", GENERALISATIONS)
def test_the_example_of_a_treatment_is_one(name: str) -> None:
    (example,) = re.findall(rf"\| `{name}` \| `treatment: (.+?)` \|", PAGE)

    GENERALISATIONS[name].model_validate(yaml.safe_load(example))


def test_the_example_contract_is_one() -> None:
    (example,) = re.findall(r"```yaml\n(title:.+?)```", PAGE, re.DOTALL)

    contract = examined(yaml.safe_load(example) | {"publisher": "a", "dataset": "b"})

    assert contract.title == "Soste nei parcheggi in struttura"


def test_the_example_refusal_is_what_is_said() -> None:
    from tests.quality.contract import test_refused_columns

    (example,) = re.findall(r"parking_sessions: (columns\.entered_at.+)", PAGE)

    assert example in [message for *_, message in test_refused_columns.WRONG]
