import shutil
import signal
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from assets.erasing import backups_of
from assets.twin import utc_now
from infra.errors import TwinError
from infra.lake import Lake
from infra.lake.places import Place
from quality.rotation import Rotation, rotate
from quality.tables import bronze_spec
from tests.promises.contracts import VISITS_HEADER, edit_contract, parks_town, write_contract
from tests.promises.test_replay import replayed
from tests.promises.town import (
    COMMAND,
    FIRST_DAY,
    Town,
    days,
    process_environment,
    rows_of,
)

VISITS = "bronze/parks/visits"
REFUSED = "quarantine/parks/visits"
MEMBERS = "bronze/parks/members"
SECOND_DAY = days(2)[1]

# A list of people in the same domain: its table keeps what was, and joins with the visits.
LIST = """\
    title: Tessere dei parchi
    owner: team:parchi
    purpose: Sapere quante tessere ci sono.
    legal_basis: public_task
    key_domain: parks
    retention_days: 30
    cadence: static
    source: {protocol: file, url: "{town}/members.csv"}
    primary_key: [visit_pid]
    columns:
      visit_pid: {from: visita, type: string, personal: indirect, treatment: pseudonymise}
      park_id: {from: parco, type: string}
    """


def visits(town: Town, day: date, *lines: str) -> None:
    text = "".join(
        f"{name};{plate};{park};{day} 10:05:00;1.50;\n"
        for name, plate, park in map(str.split, lines)
    )
    (town.sources / "town" / f"visits_{day}.csv").write_text(VISITS_HEADER + text)


def land(town: Town, *, from_archive: bool = False) -> None:
    for table in (VISITS, MEMBERS):
        summary = town.run(table, first=FIRST_DAY, last=SECOND_DAY, from_archive=from_archive)
        assert summary.is_success, summary.failures


@pytest.fixture(scope="module")
def town_once(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Two days of visits and a list of people, landed; one visit was refused."""
    parks = parks_town(tmp_path_factory.mktemp("parks") / "town")
    write_contract(parks.contracts or Path(), "parks/members", LIST)
    visits(parks, FIRST_DAY, "V1 ZZ001ZZ DUCOS", "V2 ZZ002ZZ DUCOS", "V3 ZZ003ZZ TARELLO")
    visits(parks, SECOND_DAY, "V1 ZZ001ZZ CASTELLI")
    (parks.sources / "town" / "members.csv").write_text("visita,parco\nV1,DUCOS\nV2,DUCOS\n")
    land(parks)
    return parks


@pytest.fixture
def town(town_once: Town, tmp_path: Path) -> Town:
    """The same, for a test that turns its keys."""
    return town_once.copied(tmp_path / "town")


def turned(town: Town, told: Callable[[str], None] | None = None) -> Rotation:
    twin = town.twin()
    return rotate("parks", lake=twin.lake, keyring=twin.keyring, notes={}, told=told)


def pids(town: Town) -> set[str]:
    """Every pseudonym that any table holds now."""
    frames = rows_of(town).values()
    names = [(frame, name) for frame in frames for name in frame.columns if name.endswith("_pid")]
    return {pid for frame, name in names for pid in frame[name].drop_nulls()}


def without_pids(town: Town) -> dict[str, pl.DataFrame]:
    """Every table, and of its pseudonyms only where there is none."""
    return {
        key: frame.with_columns(
            pl.col(name).is_null() for name in frame.columns if name.endswith("_pid")
        ).sort(pl.all())
        for key, frame in rows_of(town).items()
    }


def joined(town: Town) -> list[tuple[str, date]]:
    """The parks of members, and the days they came on: through pseudonyms of two tables."""
    rows = rows_of(town)
    both = rows[VISITS].join(rows[MEMBERS].select("visit_pid"), on="visit_pid")
    return sorted(both.select("park_id", "window_on").iter_rows())


def test_after_a_rotation_every_pseudonym_is_another_and_people_are_the_same(town: Town) -> None:
    before, rows, visitors = pids(town), without_pids(town), joined(town)

    done = turned(town)

    after = pids(town)
    assert done.tables == (MEMBERS, VISITS, "quarantine/parks/members", REFUSED)
    assert len(before) == len(after) == 6  # three visits in all tables, three plates of a day
    assert not before & after
    assert joined(town) == visitors == [("CASTELLI", SECOND_DAY), *[("DUCOS", FIRST_DAY)] * 2]
    assert all(frame.equals(rows[key]) for key, frame in without_pids(town).items())


def test_nothing_is_left_of_the_old_pseudonyms_in_any_version_of_any_table(town: Town) -> None:
    before = pids(town)
    parquet_before = _values(town)

    turned(town)

    assert before <= parquet_before
    assert not before & _values(town)
    with pytest.raises(TwinError, match="were removed, because a key was rotated"):
        town.twin().lake.read(VISITS, version=1)


def _values(town: Town) -> set[object]:
    """Every text in any Parquet file of the lake, whether a version still names it or not."""
    found: set[object] = set()
    for path in town.lake.rglob("*.parquet"):
        if "_delta_log" not in path.parts:
            found.update(*(column for column in pl.read_parquet(path).select(pl.col(pl.String))))
    return found


def test_the_history_of_a_table_outlives_a_rotation(town: Town) -> None:
    said = [commit.notes.get("delivery") for commit in town.twin().lake.history(VISITS)]
    notes = town.twin().lake.last_notes(VISITS)
    version = town.twin().lake.version(VISITS) or 0

    turned(town)

    lake = town.twin().lake
    assert [c.notes.get("delivery") for c in lake.history(VISITS)][-len(said) :] == said
    assert lake.last_notes(VISITS) == notes
    assert lake.changed_windows(VISITS, after_version=version) == []


def test_what_is_delivered_replayed_or_rebuilt_after_a_rotation_joins_what_was_there(
    town: Town,
) -> None:
    turned(town)
    rotated = rows_of(town)
    edit_contract(town, "parks/visits", "[DUCOS, CASTELLI]", "[DUCOS, CASTELLI, TARELLO]")

    result = replayed(town, "visits")
    visits(town, SECOND_DAY, "V1 ZZ001ZZ CASTELLI", "V3 ZZ003ZZ DUCOS")
    land(town)

    rows = rows_of(town)[VISITS]
    per_visit = rows.group_by("visit_pid").len().sort("len")["len"].to_list()
    assert (result.released_count, rows.height, per_visit) == (1, 5, [1, 2, 2])
    shutil.rmtree(town.lake)
    land(town, from_archive=True)
    again = rows_of(town)
    assert again[VISITS].equals(rows)
    assert again[MEMBERS].drop("valid_from").equals(rotated[MEMBERS].drop("valid_from"))


def test_the_old_key_is_destroyed_and_the_pseudonyms_of_before_cannot_be_made(town: Town) -> None:
    ring = town.home / "root.key.ring"
    stolen = (ring / "parks.c1.key").read_bytes()

    turned(town)

    infos = [
        (i.version, i.destroyed_on is None)
        for i in town.twin().keyring.list()
        if (i.kind, i.domain) == ("cipher", "parks")
    ]
    assert infos == [(1, False), (2, True)]
    assert not (ring / "parks.c1.key").exists()
    assert stolen not in {path.read_bytes() for path in ring.iterdir()}


def test_a_second_rotation_does_the_same_once_more(town: Town) -> None:
    seen = [pids(town)]

    for _ in range(2):
        turned(town)
        seen.append(pids(town))

    assert len(set.union(*seen)) == sum(map(len, seen))
    assert joined(town) == [("CASTELLI", SECOND_DAY), *[("DUCOS", FIRST_DAY)] * 2]


class Killed(BaseException):
    """What ends a rotation at a step, as a kill does: nothing of ours is there to see it."""


def steps_of(town: Town) -> list[str]:
    steps: list[str] = []
    turned(town, steps.append)
    return steps


@pytest.mark.slow
def test_a_rotation_killed_after_any_step_is_ended_by_the_next(town: Town, tmp_path: Path) -> None:
    visitors, rows, before = joined(town), without_pids(town), pids(town)
    copied = tmp_path / "copied"
    shutil.copytree(town.home, copied)
    steps = steps_of(town)
    assert len(steps) == 2 + 4 * 4

    for number in range(len(steps)):
        shutil.rmtree(town.home)
        shutil.copytree(copied, town.home)
        left = iter(range(number))

        def told(_: str, left: "Callable[[], int]" = left.__next__) -> None:
            try:
                left()
            except StopIteration:
                raise Killed from None

        with pytest.raises(Killed):
            turned(town, told)
        if number < len(steps) - 1:
            with pytest.raises(TwinError, match="gemello keys rotate parks"):
                town.twin().keyring.pseudonym_key("parks")
            turned(town)

        assert joined(town) == visitors
        assert not before & pids(town)
        assert all(frame.equals(rows[key]) for key, frame in without_pids(town).items())
        assert sorted(path.name for path in (town.home / "root.key.ring").glob("*.c?.*")) == [
            "parks.c1.destroyed",
            "parks.c2.key",
        ]


@pytest.mark.slow
@pytest.mark.parametrize("events_count", [1, 4, 8, 11, 14])
def test_a_rotation_whose_process_was_killed_is_ended_by_the_command(
    town: Town, events_count: int
) -> None:
    visitors, before = joined(town), pids(town)
    process = subprocess.Popen(
        [COMMAND, "keys", "rotate", "parks"],
        env=process_environment(town.environment),
        cwd=town.home.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for _, _ in zip(range(events_count), process.stderr, strict=False):
        pass
    process.kill()
    process.communicate()

    ended = town.command("keys", "rotate", "parks")

    assert process.returncode == -signal.SIGKILL
    assert ended.returncode == 0, ended.stderr
    assert joined(town) == visitors
    assert not before & pids(town)
    names = sorted(path.name for path in (town.home / "root.key.ring").glob("*.c?.*"))
    assert names == ["parks.c1.destroyed", "parks.c2.key"]


def test_a_destruction_that_was_cut_off_is_all_that_is_left_to_do(town: Town) -> None:
    turned(town)
    ring = town.home / "root.key.ring"
    (ring / "parks.c1.key").write_bytes(b"was being removed")
    after = pids(town)

    done = turned(town)

    assert done.had_ended
    assert not (ring / "parks.c1.key").exists()
    assert pids(town) == after


def test_nobody_reads_or_writes_a_table_that_is_being_rewritten(town: Town) -> None:
    def told(said: str) -> None:
        if said.endswith("rewritten"):
            raise Killed

    with pytest.raises(Killed):
        turned(town, told)
    visits(town, SECOND_DAY, "V4 ZZ004ZZ DUCOS")

    summary = town.run(VISITS, first=SECOND_DAY, last=SECOND_DAY)

    assert not summary.is_success
    assert "gemello keys rotate parks" in str(summary.failures)
    with pytest.raises(TwinError, match="is being rotated"):
        town.twin().read(VISITS)


def test_a_writer_that_began_before_a_rotation_cannot_commit_after_it(town: Town) -> None:
    twin = town.twin()
    contract = twin.contracts["parks/visits"]
    keyring = twin.workplace.keyring_of(contract, None)
    late = twin.workplace.lake_of(contract, keyring)
    rows = late.read(MEMBERS).drop("valid_from", "valid_to").collect()

    turned(town)

    spec = bronze_spec(twin.contracts["parks/members"])
    with pytest.raises(TwinError, match="encrypted with another key of the domain parks"):
        late.merge_history(
            MEMBERS, rows, primary_key=["visit_pid"], at=utc_now(), spec=spec, notes={}, mark=1
        )


def test_a_rotation_waits_for_who_writes_and_until_then_nothing_is_changed(town: Town) -> None:
    before = {table: DeltaTable(town.lake / table).version() for table in (VISITS, MEMBERS)}
    hurried = Lake(Place.of(str(town.lake), {}), wait_s=0.3)

    with (
        town.twin().lake.writing(VISITS),
        pytest.raises(TwinError, match="others go on writing"),
    ):
        rotate("parks", lake=hurried, keyring=town.twin().keyring, notes={})

    assert {table: DeltaTable(town.lake / table).version() for table in before} == before
    assert town.twin().keyring.pseudonym_key("parks").version == 1
    assert len(list((town.home / "root.key.ring").glob("parks.c*"))) == 1
    assert len(turned(town).tables) == 4


def test_a_ring_from_before_a_rotation_is_noticed_before_a_row_is_written(
    town: Town, tmp_path: Path
) -> None:
    ring = town.home / "root.key.ring"
    shutil.copytree(ring, tmp_path / "old copy")
    turned(town)
    after = pids(town)
    shutil.rmtree(ring)
    shutil.copytree(tmp_path / "old copy", ring)
    visits(town, SECOND_DAY, "V4 ZZ004ZZ DUCOS")

    summary = town.run(VISITS, first=SECOND_DAY, last=SECOND_DAY)

    assert "the ring or the table was restored from an older copy" in str(summary.failures)
    with pytest.raises(TwinError, match="restored from an older copy"):
        turned(town)
    assert pids(town) == after


def test_a_table_that_held_the_domains_of_two_contracts_is_not_rotated(town: Town) -> None:
    edit_contract(town, "parks/members", "key_domain: parks", "key_domain: clubs")
    (town.sources / "town" / "members.csv").write_text("visita,parco\nV9,DUCOS\n")
    assert town.run(MEMBERS).is_success
    version = DeltaTable(town.lake / VISITS).version()

    with pytest.raises(TwinError, match=r"bronze/parks/members: visit_pid holds .* under several"):
        turned(town)

    assert DeltaTable(town.lake / VISITS).version() == version
    assert town.twin().keyring.pseudonym_key("parks").version == 1


def test_no_backup_with_the_old_pseudonyms_can_be_restored(town: Town, tmp_path: Path) -> None:
    backups = backups_of(town.twin())
    made = backups.make(town.twin().lake, str(tmp_path / "safe"), now=utc_now())

    said = town.command("keys", "rotate", "parks")

    assert "1 backup with the old pseudonyms ended" in said.stderr
    assert backups.all() == []
    assert not Path(made.folder, "key").exists()


def test_the_command_says_what_it_did_and_shows_no_pseudonym(town: Town) -> None:
    before = pids(town)

    said = town.command("keys", "rotate", "parks")
    wrong = town.command("keys", "rotate", "parcks")
    unused = town.command("keys", "rotate", "parking")

    assert said.returncode == 0, said.stderr
    assert "parks: 4 tables, 6 rows have new pseudonyms" in said.stdout
    assert not any(pid in said.stdout + said.stderr for pid in before | pids(town))
    assert (wrong.returncode, unused.returncode) == (2, 4)
    assert "nothing to rotate" in unused.stderr
