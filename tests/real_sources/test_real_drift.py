import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.twin import Twin
from infra.settings import Settings
from infra.windows import Window
from quality.contract.load import load_contract
from quality.contract.model import Contract
from quality.landing import Landing, land
from tests.real_sources.landings import land_in
from tests.real_sources.real_files import CONTRACTS, REAL_FILES

PROVINCES = "protezione_civile/daily_provinces"
NUTS = ("nuts1_code", "nuts2_code", "nuts3_code")
NEW_LAYOUT = date(2021, 1, 15)
Edit = Callable[[dict[str, Any]], None]  # of keys as YAML has them

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not REAL_FILES.is_dir(), reason="the recorded real files are not beside the repository"
    ),
]


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    return Twin.here(Settings.load({"GEMELLO_SOURCES": f"real_files={REAL_FILES}"}, tmp_path))


def provinces(root: Path, edit: Edit) -> Contract:
    """The contract of the provinces with some of its keys written otherwise."""
    values = yaml.safe_load((CONTRACTS / PROVINCES / "contract.yaml").read_text(encoding="utf-8"))
    edit(values)
    folder = root / "contracts" / PROVINCES
    folder.mkdir(parents=True)
    (folder / "contract.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    defaults = CONTRACTS / PROVINCES / ".." / "publisher.yaml"
    (folder.parent / "publisher.yaml").write_text(defaults.read_text(encoding="utf-8"))
    return load_contract(folder)


def land_day(twin: Twin, contract: Contract, day: date) -> Landing:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a root key was made
        return land(
            contract,
            Window.of(day, "daily"),
            at=twin.workplace,
            adapter=twin.adapter(contract),
            notes={},
            now=datetime.now(UTC),
        )


def without_nuts(values: dict[str, Any]) -> None:
    for name in NUTS:
        del values["columns"][name]


def with_two_layouts(values: dict[str, Any]) -> None:
    for name in NUTS:
        del values["columns"][name]["optional"]
    columns = {name: {"optional": True} for name in NUTS}
    values["earlier"] = [{"valid_until": date(2021, 1, 14), "columns": columns}]


def test_the_columns_of_january_2021_are_reported_since_the_day_they_came(
    twin: Twin, tmp_path: Path
) -> None:
    contract = provinces(tmp_path, without_nuts)
    for day in (date(2020, 9, 1), date(2021, 1, 9)):
        assert land_day(twin, contract, day).changes == ()

    first = land_day(twin, contract, NEW_LAYOUT).changes
    later = land_day(twin, contract, date(2022, 1, 1)).changes

    for found in (first, later):
        assert [change.column for change in found] == [f"codice_nuts_{n}" for n in (1, 2, 3)]
        assert {(one.what, one.effect, one.since) for one in found} == {
            ("added", "benign", NEW_LAYOUT)
        }


def test_both_layouts_of_the_provinces_land_as_one_series(twin: Twin, tmp_path: Path) -> None:
    contract = provinces(tmp_path, with_two_layouts)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a root key was made
        landed = land_in(twin, contract)

    is_old = landed.bronze["window_on"] < NEW_LAYOUT
    assert landed.bronze.height + landed.quarantine.height == 128 + 5 * 149
    assert landed.bronze.filter(is_old)["nuts1_code"].null_count() == is_old.sum()
    assert landed.bronze.filter(~is_old)["nuts1_code"].null_count() == 0
