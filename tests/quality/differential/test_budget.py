import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from infra.errors import DeliveryRefused, TwinError
from infra.lake import Lake
from infra.settings import Settings
from quality.differential.bounding import Clamp, Question
from quality.differential.budget import LEDGER, Budget, Spending
from quality.differential.release import release

TABLE = "open/mobility/monthly_passengers_by_stop"
QUESTION = Question(
    domain="transit",
    unit="card_pid",
    cells=("stop_id",),
    most_cells=2,
    epsilon=0.4,
    count="passengers_count",
    sums={"paid_eur": Clamp(step=0.5, most=4.0)},
)
SPENDING = Spending(
    table=TABLE,
    domain="transit",
    data_year=2025,
    epsilon=0.4,
    most_cells=2,
    run_id="r1",
    at=datetime(2026, 1, 2, tzinfo=UTC),
)
STOPS = pl.DataFrame({"stop_id": ["a", "b", "c"]})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def budget_of(home: Path) -> Budget:
    """Opened anew, as another process would."""
    return Budget(Lake.open(Settings.load({"GEMELLO_HOME": str(home)}, home)))


def rides(stops: str = "aab") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "card_pid": [str(number) for number in range(len(stops))],
            "stop_id": list(stops),
            "paid_eur": [1.0] * len(stops),
        }
    )


def test_a_release_that_exceeds_the_year_is_refused_before_anything_is_computed(home):
    asked = []

    def units() -> pl.DataFrame:
        asked.append("units")
        return rides()

    for _ in range(2):
        release(units, QUESTION, STOPS, budget=budget_of(home), spending=SPENDING)
    with pytest.raises(DeliveryRefused, match=r"0\.8 of 1 is spent") as refusal:
        release(units, QUESTION, STOPS, budget=budget_of(home), spending=SPENDING)

    assert asked == ["units"] * 2
    assert refusal.value.check == "disclosure"
    assert budget_of(home).spent("transit", 2025) == pytest.approx(0.8)


def test_another_version_and_a_backfill_after_years_find_the_budget_spent(home):
    budget_of(home).spend(replace(SPENDING, epsilon=1.0))
    shutil.rmtree(home / "lake" / "open", ignore_errors=True)
    later = replace(SPENDING, run_id="backfill", at=datetime(2031, 5, 1, tzinfo=UTC))

    with pytest.raises(DeliveryRefused):
        budget_of(home).spend(later)
    with pytest.raises(DeliveryRefused):
        budget_of(home).spend(replace(later, table="open/mobility/passengers_version_2"))


def test_other_persons_and_the_data_of_another_year_have_a_budget_of_their_own(home):
    budget_of(home).spend(replace(SPENDING, epsilon=1.0))

    assert budget_of(home).spend(replace(SPENDING, domain="parking")) == pytest.approx(0.4)
    assert budget_of(home).spend(replace(SPENDING, data_year=2026)) == pytest.approx(0.4)


def test_twelve_months_of_a_twelfth_each_are_a_year_and_a_thirteenth_is_too_much(home):
    month = replace(SPENDING, epsilon=1 / 12)

    totals = [budget_of(home).spend(month) for _ in range(12)]

    assert totals[-1] == pytest.approx(1.0)
    with pytest.raises(DeliveryRefused):
        budget_of(home).spend(month)


def test_of_eight_who_spend_at_once_no_more_pass_than_the_budget_holds(home):
    budget_of(home).spend(replace(SPENDING, epsilon=0.1))

    def spend(number: int) -> bool:
        try:
            budget_of(home).spend(replace(SPENDING, epsilon=0.3, run_id=f"r{number}"))
        except DeliveryRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(spend, range(8)))

    ledger = budget_of(home).lake.read(LEDGER).collect()
    assert sum(passed) == 3
    assert ledger.height == 4
    assert ledger["epsilon_total"].sort().to_list() == pytest.approx([0.1, 0.4, 0.7, 1.0])


def test_a_release_that_fails_has_spent_what_it_spent(home):
    def units() -> pl.DataFrame:
        raise TwinError("the lake is gone")

    with pytest.raises(TwinError, match="the lake is gone"):
        release(units, QUESTION, STOPS, budget=budget_of(home), spending=SPENDING)

    assert budget_of(home).spent("transit", 2025) == pytest.approx(0.4)


@pytest.mark.parametrize("epsilon", [0.0, -1.0, float("nan"), float("inf")])
def test_nobody_spends_nothing_or_less(home, epsilon):
    with pytest.raises(DeliveryRefused):
        budget_of(home).spend(replace(SPENDING, epsilon=epsilon))


def test_every_listed_cell_has_numbers_in_whole_steps_and_no_other_has(home):
    found = release(
        lambda: rides("aabz"), QUESTION, STOPS, budget=budget_of(home), spending=SPENDING
    )

    assert found.cells["stop_id"].to_list() == ["a", "b", "c"]
    assert found.cells["passengers_count"].null_count() == 0
    assert (found.cells["paid_eur"] * 2 == (found.cells["paid_eur"] * 2).round()).all()
    assert (found.epsilon, found.spent_epsilon) == (0.4, pytest.approx(0.4))


def test_what_is_spent_must_be_what_is_asked_for(home):
    with pytest.raises(TwinError, match="what is spent is not what is asked for"):
        release(
            rides, QUESTION, STOPS, budget=budget_of(home), spending=replace(SPENDING, epsilon=0.1)
        )

    assert budget_of(home).spent("transit", 2025) == 0.0
