from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.promises.contracts import VISITS_HEADER, edit_contract
from tests.promises.test_replay import replayed
from tests.promises.town import FIRST_DAY, Town, days

VISITS = "bronze/parks/visits"
REFUSED = "quarantine/parks/visits"
SECOND_DAY = days(2)[1]
PEOPLE = 12


def visits(town: Town, day: date, people: Sequence[int], *, park: str = "DUCOS") -> None:
    """Whoever visits a park on a day, in the order in which the publisher lists them."""
    lines = [
        f"V{day:%d}{person};ZZ{person:03}ZZ;{park};{day} 10:05:00;{person}.50;\n"
        for person in people
    ]
    (town.sources / "town" / f"visits_{day}.csv").write_text(VISITS_HEADER + "".join(lines))


def land(town: Town) -> None:
    summary = town.run(VISITS, first=FIRST_DAY, last=SECOND_DAY)
    assert summary.is_success, summary.failures


def stored(town: Town, table: str) -> pl.DataFrame:
    """The rows of a table one after the other as they lie in its files."""
    files = DeltaTable(town.lake / table).file_uris()
    return pl.concat([pl.read_parquet(path) for path in sorted(files)])


@pytest.mark.slow
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(PEOPLE)))
def test_rows_with_a_key_a_day_lie_in_one_order_whatever_that_of_the_delivery(
    parks: Town, order: list[int]
) -> None:
    visits(parks, FIRST_DAY, range(PEOPLE))
    land(parks)
    as_listed = stored(parks, VISITS)

    visits(parks, FIRST_DAY, order)
    land(parks)

    assert as_listed["vehicle_pid"].n_unique() == PEOPLE
    assert as_listed["vehicle_pid"].is_sorted()
    assert stored(parks, VISITS).equals(as_listed)


def test_a_released_row_does_not_lie_at_the_end_of_its_day(parks: Town) -> None:
    visits(parks, FIRST_DAY, range(PEOPLE))
    with (parks.sources / "town" / f"visits_{FIRST_DAY}.csv").open("a") as file:
        file.writelines(f"W{n};ZZ9{n:02}ZZ;TARELLO;{FIRST_DAY} 10:05:00;1;\n" for n in range(9))
    land(parks)
    edit_contract(parks, "parks/visits", "[DUCOS, CASTELLI]", "[DUCOS, CASTELLI, TARELLO]")

    released = replayed(parks, "visits").released_count

    assert released == 9
    assert stored(parks, VISITS)["vehicle_pid"].is_sorted()
    assert stored(parks, VISITS).height == PEOPLE + 9


def test_refused_rows_have_their_place_and_so_no_pseudonym_of_their_day(parks: Town) -> None:
    for day in (FIRST_DAY, SECOND_DAY):
        visits(parks, day, range(PEOPLE), park="TARELLO")
    edit_contract(parks, "parks/visits", "max_quarantined_ratio: 0.9", "max_quarantined_ratio: 1")
    land(parks)
    before = stored(parks, REFUSED)
    edit_contract(parks, "parks/visits", "max_value: 80", "max_value: 5")

    result = replayed(parks, "visits")

    for refused in (before, stored(parks, REFUSED)):
        assert refused.height == 2 * PEOPLE
        assert refused["vehicle_pid"].null_count() == refused.height
        assert sorted(refused["row_index"].unique()) == list(range(2, PEOPLE + 2))
    assert result.released_count == 0


def test_a_key_a_day_of_a_row_that_was_refused_is_made_when_it_is_released(parks: Town) -> None:
    visits(parks, FIRST_DAY, [1, 2])
    visits(parks, SECOND_DAY, [1], park="TARELLO")
    with (parks.sources / "town" / f"visits_{SECOND_DAY}.csv").open("a") as file:
        file.write(f"V9;ZZ003ZZ;DUCOS;{SECOND_DAY} 11:00:00;1.50;\n")
    land(parks)
    edit_contract(parks, "parks/visits", "[DUCOS, CASTELLI]", "[DUCOS, CASTELLI, TARELLO]")

    replayed(parks, "visits")

    rows = stored(parks, VISITS)
    assert rows["vehicle_pid"].null_count() == 0
    assert rows["vehicle_pid"].n_unique() == 4
