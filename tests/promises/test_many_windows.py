import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assets.twin import utc_now
from infra.errors import ContractError, DeliveryRefused
from infra.windows import Window
from quality.by_window import land_by_window
from quality.drift import NOTE, one_note, remembered, to_note
from quality.landing import Landing
from quality.news import marks_held
from quality.privacy.drift import Drift
from quality.rebuilding import land_from_archive
from tests.promises.contracts import VISITS_HEADER, parks_town
from tests.promises.town import FIRST_DAY, Town, assert_same_rows, days, rows_of
from tests.promises.web_town import AIR, WebTown, by_day, readings_of, web_town

SERIES: Final = 100
VISITS: Final = "bronze/parks/visits"
# What a publisher's file of a day is like.
Kind = Literal["no file", "no rows", "good", "one bad row", "refused"]
KINDS: Final[tuple[Kind, ...]] = ("no file", "no rows", "good", "one bad row", "refused")


@pytest.fixture
def portal(tmp_path: Path):
    """A long series of which only two days have rows."""
    with web_town(tmp_path, days_count=0) as town:
        of_days = readings_of(SERIES)
        town.readings += of_days[30 * 12 : 31 * 12] + of_days[80 * 12 : 81 * 12]
        yield town


def windows_of(portal: WebTown) -> list[str]:
    return [
        commit.notes["windows"]
        for commit in portal.twin.lake.history(f"bronze/{AIR}")
        if "windows" in commit.notes
    ]


def test_a_long_series_without_rows_is_a_few_commits_and_each_window_has_its_mark(portal: WebTown):
    landing = portal.run(AIR, days_count=SERIES)
    again = portal.run(AIR, days_count=SERIES)

    starts = list(portal.window(SERIES).starts())
    assert landing.windows == (starts[30], starts[80])
    assert by_day(portal.rows(AIR)) == [12, 12]
    assert len(windows_of(portal)) <= 4
    assert set(marks_held(portal.contract(AIR), starts, portal.twin.lake)) == set(starts)
    assert len(portal.twin.archive.deliveries(AIR)) == SERIES
    assert not again.is_news


def test_a_window_that_is_filled_later_is_told_from_those_that_came_with_it(portal: WebTown):
    portal.run(AIR, days_count=SERIES)
    portal.readings += readings_of(41)[40 * 12 :]

    landing = portal.run(AIR, days_count=SERIES)

    assert landing.windows == (portal.window(SERIES).start + timedelta(days=40),)
    assert windows_of(portal)[0] == str(Window.of(landing.windows[0], "daily"))
    assert by_day(portal.rows(AIR)) == [12, 12, 12]


def test_a_long_series_is_rebuilt_in_a_few_commits(portal: WebTown):
    portal.run(AIR, days_count=SERIES)
    before = portal.rows(AIR)
    shutil.rmtree(portal.town.lake)

    rebuilt = portal.rebuild(AIR, days_count=SERIES)

    starts = list(portal.window(SERIES).starts())
    assert rebuilt.windows == (starts[30], starts[80])
    assert portal.rows(AIR).equals(before)
    assert len(windows_of(portal)) <= 4
    assert set(marks_held(portal.contract(AIR), starts, portal.twin.lake)) == set(starts)


def test_what_was_cut_off_between_quarantine_and_bronze_lands_again(tmp_path: Path):
    town = parks_town(tmp_path)
    for day in days(4):
        deliver(town, day, "one bad row")
    land(town, days(4))
    before = rows_of(town)
    shutil.rmtree(town.lake / VISITS)  # quarantine is written first

    landing = land(town, days(4))

    assert landing.windows == tuple(days(4))
    assert_same_rows(rows_of(town), before)


def test_days_before_one_that_cannot_be_read_stay_landed(tmp_path: Path):
    town = parks_town(tmp_path)
    for day in days(4):
        deliver(town, day, "one bad row")
    (town.sources / "town" / f"visits_{days(4)[2]}.csv").write_bytes(b"\x1f\x8b\x08 cut short")

    with pytest.raises(ContractError, match="gzip"):
        land(town, days(4))

    assert rows_of(town)[VISITS]["window_on"].unique().sort().to_list() == days(2)


def deliver(town: Town, day: date, kind: Kind) -> None:
    path = town.sources / "town" / f"visits_{day}.csv"
    if kind == "no file":
        path.unlink(missing_ok=True)
        return
    parks = {
        "no rows": [],
        "good": ["DUCOS", "CASTELLI"],
        "one bad row": ["DUCOS", "NOWHERE", "DUCOS"],
        "refused": ["NOWHERE", "NOWHERE"],
    }[kind]
    rows = "".join(
        f"{day:%Y%m%d}{number};ZZ{number:03}ZZ;{park};{day} 10:05:00;1.50;\n"
        for number, park in enumerate(parks)
    )
    path.write_text(VISITS_HEADER + rows)


def land(town: Town, of: Sequence[date], *, now: datetime | None = None) -> Landing:
    twin = town.twin()
    contract = twin.contracts["parks/visits"]
    return land_by_window(
        contract,
        Window.between(of[0], of[-1], "daily"),
        at=twin.workplace,
        adapter=twin.adapter(contract),
        notes={},
        now=now or utc_now(),
    )


def state(town: Town) -> tuple[dict[str, pl.DataFrame], object, object]:
    """All rows, the mark of each window, and what is sealed."""
    twin = town.twin()
    contract = twin.contracts["parks/visits"]
    marks = marks_held(contract, [FIRST_DAY + timedelta(days=n) for n in range(30)], twin.lake)
    sealed = {(one.delivery_id, one.window) for one in twin.archive.deliveries(contract.key)}
    return rows_of(town), marks, sealed


def rebuilt(town: Town, of: Sequence[date]) -> dict[str, pl.DataFrame]:
    """All rows of a lake that was lost, from what is sealed."""
    shutil.rmtree(town.lake)
    twin = town.twin()
    contract = twin.contracts["parks/visits"]
    with suppress(DeliveryRefused):
        land_from_archive(
            contract,
            Window.between(of[0], of[-1], "daily"),
            at=twin.workplace,
            adapter=twin.adapter(contract),
            notes={},
            now=utc_now(),
        )
    return rows_of(town)


@pytest.mark.slow
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(kinds=st.lists(st.sampled_from(KINDS), min_size=2, max_size=9))
def test_days_asked_for_together_and_one_by_one_are_the_same_tables_marks_and_deliveries(kinds):
    of, now = days(len(kinds)), utc_now()
    with TemporaryDirectory() as folder:
        singly = parks_town(Path(folder) / "singly")
        for day, kind in zip(of, kinds, strict=True):
            deliver(singly, day, kind)
        keyring = singly.twin().workplace.keyring
        for epoch in (None, *of):
            keyring.pseudonym_key("parks", epoch=epoch)  # made at random: both have the same
        shutil.copytree(singly.home.parent, Path(folder) / "together")
        together = parks_town(Path(folder) / "together", is_new=False)

        for day, kind in zip(of, kinds, strict=True):
            if kind != "no file":
                with suppress(DeliveryRefused):
                    land(singly, [day], now=now)
        if set(kinds) != {"no file"}:
            with suppress(DeliveryRefused):
                land(together, of, now=now)

        (rows, *rest), (rows_together, *rest_together) = state(singly), state(together)
        assert rest_together == rest
        assert_same_rows(rows_together, rows)
        if set(kinds) - {"no file", "refused"}:
            assert_same_rows(rebuilt(together, of), rows)


memory = st.tuples(st.integers(0, 20), st.sampled_from(["numbers", "text", "nothing"]))


@given(landed=st.lists(memory, min_size=1, max_size=12), asked=st.integers(0, 20))
def test_deliveries_that_share_a_commit_are_remembered_each_by_its_day(landed, asked):
    notes = [
        to_note(Drift(kinds={"importo": kind}), None, FIRST_DAY + timedelta(days=day))  # type: ignore[dict-item] # a Kind
        for day, kind in landed
    ]
    day = FIRST_DAY + timedelta(days=asked)

    apart = remembered(({NOTE: note} for note in reversed(notes)), day)
    shared = remembered([{NOTE: one_note(notes)}], day)

    kinds = {kind for when, kind in landed if when <= asked}
    assert (shared and shared.kinds) == (apart and apart.kinds)
    assert (shared is None) == (not kinds)
