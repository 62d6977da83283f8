"""The story of an installation, from its first run to its last night, through its command line.

After every step all that it wrote and said is looked at, for everybody in the town, and for keys.
"""

import json
import shutil
from pathlib import Path
from typing import Final

import pytest

from infra.scan import UNREADABLE, scan
from tests.promises.contracts import edit_contract
from tests.promises.crowded_town import LAST_DAY
from tests.promises.test_no_personal_value_reaches_a_disk import PLANTED
from tests.promises.town import FIRST_DAY
from tests.promises.whole_life import Life, whole_life

SPAN: Final = ("--from", str(FIRST_DAY), "--to", str(LAST_DAY))
OWN: Final = ("--select", 'key:"bronze/canary/*"')
# The town's own tables, and what is computed of the city's car parks: silver, gold, and open.
ALL: Final = (
    "--select",
    'key:"bronze/canary/*" or key:"bronze/brescia_mobilita/parking_sessions"'
    ' or key:"bronze/brescia_mobilita/car_parks" or key:"silver/mobility/*parking*"'
    ' or key:"gold/mobility/*parking*" or key:"open/mobility/daily_parking_entries"'
    ' or key:"bronze/definitions/completeness_rules" or key:"bronze/definitions/disclosure_limits"',
)
SESSIONS: Final = "bronze/canary/sessions"
LETTERS: Final = "bronze/canary/letters"
HOLDERS: Final = "bronze/canary/holders"
REFUSED: Final = 1


def test_nobody_is_found_after_a_first_run(tmp_path: Path) -> None:
    with whole_life(tmp_path) as life:
        life.step("run", *OWN, *SPAN, ends=REFUSED)
        life.step("quarantine", "show", "canary/sessions")
        life.step("sql", "SELECT * FROM bronze.canary.letters")
        assert life.rows_count(LETTERS) == 5


@pytest.mark.longest
@pytest.mark.slow
def test_nobody_is_found_after_any_step_of_a_whole_life(tmp_path: Path) -> None:
    with whole_life(tmp_path) as life:
        what_is_planted_would_be_seen(life)
        runs_fail_and_are_killed(life)
        everything_is_looked_at(life)
        keys_are_rotated(life)
        people_are_erased_and_a_backup_is_restored(life)
        a_contract_becomes_stricter(life)
        keys_are_lost_and_renewed(life)
        the_nights_come(life)
        assert life.watch.look_again() == []
        life.assert_is_private()


def what_is_planted_would_be_seen(life: Life) -> None:
    """Everyone stands in a publisher's file, and would be seen in any file of the disk."""
    people, planted = life.crowd.people, life.disk / "tmpdir" / "planted"
    hits = scan(life.crowd.town.sources, people.canaries)
    not_seen = []
    for kind, plant in PLANTED.items():
        planted.mkdir()
        plant(planted)
        if not life.watch.look_again():
            not_seen.append(kind)
        shutil.rmtree(planted)
    on_the_web = {place for place in people.places if place.startswith("web server")}
    assert {people.place_of(hit.canary) for hit in hits} >= set(people.places) - on_the_web
    assert not_seen == []
    assert life.watch.look_again() == []


def runs_fail_and_are_killed(life: Life) -> None:
    """Deliveries that cannot be read, are stopped or refused whole, and kills at three moments."""
    for files_count in (1, 25, 60):
        life.killed(
            "run", *ALL, *SPAN, when=lambda _, least=files_count: life.steps_count() >= least
        )
    said = life.step("run", *ALL, *SPAN, ends=REFUSED).err
    for words in (
        "canary/undeclared: 1 of 1 undeclared column looks personal",
        "canary/damaged: ",
        "canary/ruled: ",
    ):
        assert words in said, words
    said = life.step("run", "--select", 'key:"bronze/web/*"', ends=REFUSED).err
    for words in (
        "HTTP 500",
        "HTTP 403",
        "web page",
        "broke off",
        "does not name",
        "nobody declared",
    ):
        assert words in said, words
    assert life.rows_count("bronze/web/good") == 1
    assert life.rows_count(LETTERS) == 5
    assert life.pids()
    assert life.told_pids() == []
    assert life.shown_columns() == set()
    planted = life.disk / "tmpdir" / "planted"
    planted.write_text(f"key {(life.home / 'root.key').read_bytes().hex()}")
    assert life.watch.look() == ["tmpdir/planted: root, byte 4"]
    planted.unlink()


def everything_is_looked_at(life: Life) -> None:
    """Every command that shows something, with what makes it fail on the data."""
    for table in (SESSIONS, "quarantine/canary/sessions", "gold/mobility/hourly_parking_pressure"):
        life.step("history", table)
        life.step("sql", f"FROM {table.replace('/', '.')}")
    life.step("sql", "SELECT owner_pid::DATE FROM bronze.canary.sessions", ends=2)
    life.step("sql", "SELECT letter_text FROM bronze.canary.letters")
    # Rows of a year ago stand beyond their term until the upkeep comes by.
    life.step("report", "audit", "--out", "pack", ends=REFUSED)
    life.step("report", "verify", "pack")
    life.step("atlas", "--out", "atlas")
    life.step("quarantine", "list")
    for name in ("sessions", "letters"):
        life.step("quarantine", "show", f"canary/{name}", "--limit", "1000")
        life.step("quarantine", "replay", f"canary/{name}")
        life.step("contract", "check", f"canary/{name}")
        life.step("contract", "show", f"canary/{name}")
        for kind in ("odcs", "gx", "polars", "ropa"):
            life.step("contract", "export", f"canary/{name}", "--format", kind)
    gate = str(life.crowd.town.sources / "town" / "gate.csv")
    life.step("protect", "canary/sessions", gate, "--out", "protected.parquet")
    life.step("protect", "canary/letters", gate, "--out", "refused.csv", ends=REFUSED)
    line = json.dumps({"id": 1, "text": f"Sono {life.crowd.anna.name}, {life.crowd.anna.phone}"})
    life.step("redact", "--mode", "strict", "--replace", "label", typed=line)
    life.step("redact", "--replace", "pseudonym", "--domain", "canary", typed=line)
    life.step("redact", typed=f"{line}\n{life.crowd.anna.name}", ends=2)
    life.step("doctor", ends=4)
    life.step("doctor", "--sources", ends=4)
    canaries = life.outside / "canaries.txt"
    canaries.write_text("\n".join(life.crowd.canaries))
    life.step("scan", str(life.home), "--canaries", str(canaries))
    life.step("scan", str(life.crowd.town.sources), "--canaries", str(canaries), ends=REFUSED)


def keys_are_rotated(life: Life) -> None:
    """A new version, and a rotation that is killed half-way through the tables."""
    before = life.pids()
    life.step("keys", "new", "canary")
    life.killed("keys", "rotate", "canary", when=lambda said: "rewritten" in said)
    life.step("sql", "SELECT * FROM bronze.canary.sessions", ends=4)
    life.step("keys", "rotate", "canary")
    life.step("keys", "list")
    life.step("run", *OWN, *SPAN, ends=REFUSED)
    assert before - life.pids()


def people_are_erased_and_a_backup_is_restored(life: Life) -> None:
    """Anna goes, the lake is backed up, Bruno goes: what is restored is without both."""
    anna, bruno = life.crowd.anna, life.crowd.bruno
    everyone = life.pids()
    life.erase(anna, "ER-1", killed_at=("rewritten", "sessions: history purged"))
    without_anna = life.pids()
    backup = life.back_up()
    inside = life.inside(backup)
    assert scan(inside, sorted(without_anna))
    assert scan(inside, life.crowd.canaries) == []
    life.erase(bruno, "ER-2", killed_at=("rewritten",))
    left = life.pids()
    hers, his = everyone - without_anna, without_anna - left
    assert hers
    assert his
    counts = {table: life.rows_count(table) for table in (SESSIONS, LETTERS, HOLDERS)}

    place = life.disk / "restored"
    settings = life.restore(backup, place)
    for home in (life.home, place):
        assert scan(home, sorted(hers | his)) == []
        assert scan(home, sorted(left))
    life.crowd.deliver_once_more()
    life.step("run", *OWN, *SPAN, ends=REFUSED, **settings)
    assert scan(place, sorted(hers | his)) == []
    shutil.rmtree(place)
    life.step("run", *OWN, *SPAN, ends=REFUSED)
    shutil.rmtree(life.home / "lake" / "bronze" / "canary")
    shutil.rmtree(life.home / "lake" / "quarantine" / "canary")
    life.step("run", "--from-archive", *OWN, *SPAN, ends=REFUSED)
    assert counts == {table: life.rows_count(table) for table in counts}
    assert not (hers | his) & life.pids()
    assert life.told_pids() == []
    assert life.shown_columns() == set()
    hits = scan(life.sealed(), [*anna.values, *bruno.values])
    assert [hit.path for hit in hits if hit.form != UNREADABLE] == []  # one came damaged
    life.step("erase", "--lift", "ER-2")


def a_contract_becomes_stricter(life: Life) -> None:
    """Incomes by the five thousand, and years of birth no more: first blocked, then rewritten."""
    edit_contract(life.crowd.town, "canary/letters", "round_to: 1000", "round_to: 5000")
    life.step("sql", "SELECT * FROM bronze.canary.letters", ends=REFUSED)
    life.step("upkeep", "rewrite", "canary/letters")
    life.step("sql", "SELECT * FROM bronze.canary.letters")


def keys_are_lost_and_renewed(life: Life) -> None:
    """Shares on paper, one typed wrongly, the key recovered, and another root key."""
    paper = life.outside / "paper"
    life.step("keys", "split", "--out", str(paper))
    pages = [page.read_text() for page in sorted(paper.glob("share-*.txt"))]
    typed = paper / "typed"
    typed.write_text("".join(pages[:3]).replace(" 1-2  ", " 1-3  "))
    life.step("keys", "recover", str(typed), ends=2)
    (life.home / "root.key").rename(life.outside / "lost.key")
    typed.write_text("".join(pages[:3]))
    life.step("keys", "recover", str(typed))
    life.step("keys", "renew")
    life.step("run", *OWN, *SPAN, ends=REFUSED)


def the_nights_come(life: Life) -> None:
    """All rows have had their time: they are of the spring of 2025."""
    life.step("upkeep")
    assert life.rows_count(SESSIONS) == 0
    life.step("doctor", ends=4)
