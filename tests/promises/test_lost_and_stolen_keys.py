import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from infra.errors import TwinError
from infra.keys import Keyring
from infra.keys.renewal import renew
from infra.seal import Archive
from infra.seal.rewrapping import rewrap_archive
from quality.privacy.pseudonyms import pseudonyms
from tests.promises.test_rotation import VISITS, joined, pids, town, town_once, visits
from tests.promises.town import COMMAND, FIRST_DAY, Town, days, process_environment, rows_of

__all__ = ["town", "town_once"]  # the fixtures: two days of visits and a list, landed

pytestmark = pytest.mark.slow

OPERATIONS: Final = Path(__file__).parents[2] / "docs" / "operations.md"
SECOND_DAY: Final = days(2)[1]
# What a thief would try: everybody's card, or whatever else is to be guessed.
GUESSES: Final = pl.Series([f"V{number}" for number in range(100)])


def steps(heading: str) -> list[list[str]]:
    """The commands of a runbook, as the page says them."""
    text = OPERATIONS.read_text(encoding="utf-8").partition(f"\n### {heading}\n")[2]
    text = re.split(r"\n##", text)[0]
    lines = [line.strip() for line in text.splitlines() if line.startswith("    gemello ")]
    assert lines, heading
    return [line.partition("  #")[0].split()[1:] for line in lines]


def done(town: Town, command: list[str], typed: str = "") -> str:
    """What a command of a runbook says; it must not fail, but for what else doctor looks at."""
    arguments = [argument.replace("DOMAIN", "parks") for argument in command]
    ended = subprocess.run(
        [COMMAND, *arguments],
        env=process_environment(town.environment),
        cwd=town.home.parent,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    is_well = ended.returncode == 0 or "\nok   root key: " in ended.stdout
    assert is_well, (arguments, ended.stdout, ended.stderr)
    return ended.stdout


def run_again(town: Town) -> None:
    """A new day's file, where a known visitor comes again."""
    visits(town, SECOND_DAY, "V1 ZZ001ZZ CASTELLI", "V2 ZZ002ZZ DUCOS")
    summary = town.run(VISITS, first=FIRST_DAY, last=SECOND_DAY)
    assert summary.is_success, summary.failures


def test_a_lost_root_key_comes_back_from_its_shares_and_everything_goes_on(town: Town) -> None:
    before = joined(town)
    split, recover, doctor = steps("A lost root key")
    printed = done(town, split)
    (town.home / "root.key").unlink()
    with pytest.raises(TwinError, match="gemello keys recover"):
        town.twin().keyring.pseudonym_key("parks")

    pages = printed.split("\f")
    said = done(town, recover, typed=pages[0] + pages[2] + pages[4])
    done(town, doctor)
    run_again(town)

    assert len(pages) == 5
    assert "root key" in said
    assert joined(town) == sorted([*before, ("DUCOS", SECOND_DAY)])


def test_a_lost_ring_is_noticed_and_what_is_sealed_gives_the_tables_back(town: Town) -> None:
    before = {key: frame.height for key, frame in rows_of(town).items()}
    shutil.rmtree(town.home / "root.key.ring")
    visits(town, SECOND_DAY, "V1 ZZ001ZZ CASTELLI", "V2 ZZ002ZZ DUCOS")

    refused = town.run(VISITS, first=FIRST_DAY, last=SECOND_DAY)
    shutil.rmtree(town.lake)
    (again,) = steps("A lost ring")
    span = ("--from", str(FIRST_DAY), "--to", str(SECOND_DAY))
    done(
        town, [*again, *span, "--select", 'key:"bronze/parks/visits" or key:"bronze/parks/members"']
    )

    assert "the ring or the table was restored from an older copy" in str(refused.failures)
    after = {key: rows_of(town)[key].height for key in before}
    # What could not land without the ring had been sealed: nothing was lost.
    assert after == {**before, VISITS: before[VISITS] + 1}
    assert len(joined(town)) == 4


def test_after_a_theft_nothing_stored_from_then_on_can_be_read_with_the_stolen_keys(
    town: Town, tmp_path: Path
) -> None:
    stolen = tmp_path / "stolen"
    stolen.mkdir()
    shutil.copy2(town.home / "root.key", stolen / "root.key")
    shutil.copytree(town.home / "root.key.ring", stolen / "root.key.ring")
    root = (stolen / "root.key").read_bytes()
    assert guessed(Keyring(root, stolen / "root.key")) & pids(town)
    before = joined(town)

    for command in steps("A stolen key"):
        done(town, command)

    thief = Keyring(root, stolen / "root.key")
    assert not guessed(thief) & pids(town)
    assert joined(town) == before
    with pytest.raises(TwinError, match="does not open"):
        Keyring(root, town.home / "root.key").pseudonym_key("parks", version=1)
    with pytest.raises(TwinError, match="does not open"):
        opened(town, thief)
    assert opened(town, town.twin().keyring) == 3


def test_what_comes_after_a_theft_has_pseudonyms_that_the_stolen_keys_do_not_make(
    town: Town,
) -> None:
    for command in steps("A stolen key"):
        done(town, command)

    run_again(town)

    versions = {pid[0] for pid in rows_of(town)[VISITS]["visit_pid"]}
    assert "2" in versions
    assert rows_of(town)[VISITS].height == 4
    assert town.twin().keyring.version("parks") == 2


def guessed(keyring: Keyring) -> set[str]:
    """The pseudonyms a thief can make of guesses, in every version there is."""
    newest = keyring.version("parks")
    keys = [keyring.pseudonym_key("parks", version=number) for number in range(1, newest + 1)]
    return {pid for key in keys for pid in pseudonyms(GUESSES, "RECORD_ID", key)}


def opened(town: Town, keyring: Keyring) -> int:
    """How many sealed deliveries these keys open."""
    archive = Archive(str(town.home / "archive"), keyring)
    contracts = ("parks/visits", "parks/members")
    sealed = [(key, one.delivery_id) for key in contracts for one in archive.deliveries(key)]
    return len([archive.get(key, delivery) for key, delivery in set(sealed)])


class Killed(BaseException):
    """What ends a renewal, as a kill does."""


@pytest.mark.parametrize("deliveries_count", [0, 1, 3])
def test_a_renewal_that_was_cut_off_is_ended_by_the_next(town: Town, deliveries_count: int) -> None:
    old = town.twin().keyring
    before = pids(town)
    keys = sorted((town.home / "archive" / "keys").rglob("*.key"))
    kept = {path: path.read_bytes() for path in keys[deliveries_count:]}

    def killed(one: Keyring, other: Keyring) -> int:
        rewrap_archive(str(town.home / "archive"), one, other)
        for path, content in kept.items():
            path.write_bytes(content)
        raise Killed

    with pytest.raises(Killed):
        renew(town.settings, killed)
    with pytest.raises(TwinError, match="gemello keys renew"):
        town.twin().keyring.version("parks")
    done(town, ["keys", "renew"])

    assert town.twin().keyring.root_id() != old.root_id()
    assert opened(town, town.twin().keyring) == 3
    assert pids(town) == before
    assert not (town.home / "root.key.next").exists()


def test_pseudonyms_are_the_same_under_a_renewed_root_key_until_a_new_version_begins(
    town: Town,
) -> None:
    before = town.twin().keyring
    made = [guessed(before)]

    done(town, ["keys", "renew"])
    made.append(guessed(town.twin().keyring))

    assert made[0] == made[1]
    # What a version to come would be made with follows from the new root key alone.
    assert before._derive(b"pseudonym|parks|k2") != town.twin().keyring._derive(
        b"pseudonym|parks|k2"
    )
