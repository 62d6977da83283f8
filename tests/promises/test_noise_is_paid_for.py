import shutil
from datetime import UTC, datetime

import polars as pl
import pytest

from assets.derived_assets import find_declarations
from quality.differential.budget import LEDGER, YEARLY_EPSILON, Budget, Spending
from quality.differential.policy import Noisy
from tests.promises.checks import checks_of
from tests.promises.town import FIRST_DAY, Town, simulated_town

VALIDATIONS = "bronze/brescia_mobilita/transit_validations"
PASSENGERS = "open/mobility/daily_passengers_by_product"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    dataset = VALIDATIONS.removeprefix("bronze/")
    town = simulated_town(tmp_path_factory.mktemp("town"), days=2, only=[dataset])
    done = town.run(VALIDATIONS, PASSENGERS)
    assert done.is_success, done.failures
    return town


def ledger_of(town: Town) -> pl.DataFrame:
    return town.twin().lake.read(LEDGER).collect()


def test_every_day_has_every_kind_of_ticket_and_its_epsilon_is_in_the_ledger(town):
    release = find_declarations()[PASSENGERS].release
    assert isinstance(release, Noisy)

    published = town.twin().read(PASSENGERS).collect()

    days_count = published["travelled_on"].n_unique()
    assert published.height == days_count * release.every_cell.height
    assert ledger_of(town).select("table_name", "domain_code", "data_year").rows() == [
        (PASSENGERS, "transit", FIRST_DAY.year)
    ]
    spent = days_count * release.question.epsilon
    assert Budget(town.twin().lake).spent("transit", FIRST_DAY.year) == pytest.approx(spent)


def test_a_run_that_finds_nothing_new_spends_nothing(town):
    before = ledger_of(town)

    town.run(PASSENGERS)

    assert ledger_of(town).equals(before)


def test_a_table_deleted_and_made_again_is_refused_once_the_year_is_spent(town, tmp_path):
    folder = town.sources.parent
    shutil.copytree(folder, tmp_path / "town")
    poor = Town(
        home=tmp_path / "town" / town.home.relative_to(folder), sources=tmp_path / "town/sources"
    )
    shutil.rmtree(poor.lake / PASSENGERS)
    budget, year = Budget(poor.twin().lake), FIRST_DAY.year
    left = YEARLY_EPSILON - budget.spent("transit", year)
    budget.spend(Spending("open/other/table", "transit", year, left, 1, "r", datetime.now(UTC)))

    done = poor.run(PASSENGERS)

    check = checks_of(poor, done)["disclosure"]
    assert not done.is_success
    assert not check.passed
    assert "nothing was computed: it would spend" in (check.description or "")
    assert not poor.twin().lake.exists(PASSENGERS)
    assert ledger_of(poor).height == 2
