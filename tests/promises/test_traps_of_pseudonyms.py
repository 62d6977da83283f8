from pathlib import Path
from typing import Final

import polars as pl
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.errors import ContractError, DeliveryRefused
from infra.keys import Keyring
from infra.scan import scan
from quality.contract.check import notes_on
from quality.contract.load import BUILT_IN, load_contract, load_contracts
from quality.disclosure.gate import clear
from quality.disclosure.policy import Records
from quality.privacy import checkdigits
from tests.promises.contracts import edit_contract, write_contract
from tests.promises.test_traps_of_other_paths import land
from tests.promises.town import FIRST_DAY, Town, rows_of

CODE: Final = "RSSMRA85T10A562S"
OTHER: Final = "MRTMTT25D09F205Z"
PAYERS: Final = """\
    title: Contribuenti
    owner: team:tributi
    purpose: Contare i contribuenti.
    legal_basis: public_task
    key_domain: tax
    retention_days: 30
    cadence: static
    source: {protocol: file, url: "{town}/payers.csv"}
    columns:
      payer_pid:
        from: cf
        type: string
        personal: direct
        entity: IT_FISCAL_CODE
        treatment: pseudonymise
      zone_code: {from: zona, type: string}
    """
ZSTD: Final = b"\x28\xb5\x2f\xfd"  # how what is sealed begins, once packed
# Things whose owner is where they are.
MOVING: Final = ("IT_PLATE", "TRANSIT_CARD", "CUSTOMER_CODE", "MAC_ADDRESS", "IMEI")


# One person, one pseudonym; nobody, none


def omocode(code: str) -> str:
    """The same code as the tax office writes it for somebody's namesake."""
    letters = [*code[:14], "LMNPQRSTUV"[int(code[14])]]
    return "".join(letters) + checkdigits.fiscal_code_letter("".join(letters))


def test_one_person_is_one_however_the_code_is_written_and_nobody_is_no_one(parks: Town) -> None:
    spelled = [CODE, CODE.lower(), f" {CODE[:6]} {CODE[6:11]} {CODE[11:]}", omocode(CODE)]
    nobody = ["XXXXXX00X00X000X", "N/D", "00000000000", "sconosciuto", "-", "AAAAAA00A00A000A"]
    write_contract(parks.contracts or Path(), "parks/payers", PAYERS)
    lines = [f"{code};A\n" for code in (*spelled, OTHER, *nobody)]
    (parks.sources / "town" / "payers.csv").write_text("cf;zona\n" + "".join(lines))

    land(parks, "parks/payers")

    counts = dict(rows_of(parks)["bronze/parks/payers"]["payer_pid"].value_counts().iter_rows())
    assert counts.pop(None) == len(nobody)
    assert sorted(counts.values()) == [1, len(spelled)]
    assert len(set(map(str.strip, spelled))) == len(spelled)


# Keys that are destroyed


def test_a_key_that_was_destroyed_cannot_be_derived_again_from_the_root_key(
    parks: Town, tmp_path: Path
) -> None:
    settings = parks.settings
    mine = Keyring.open(settings)
    root = settings.root_key_file.read_bytes()
    again = Keyring(root, tmp_path / "elsewhere" / "root.key")

    both = [keyring.pseudonym_key("parks") for keyring in (mine, again)]
    of_a_day = [keyring.pseudonym_key("parks", epoch=FIRST_DAY) for keyring in (mine, again)]

    assert both[0].mac_key == both[1].mac_key
    assert of_a_day[0].mac_key != of_a_day[1].mac_key
    assert both[0].cipher_key != both[1].cipher_key


def test_a_sealed_delivery_opens_with_nothing_that_the_root_key_gives(parks: Town) -> None:
    (parks.sources / "town" / f"visits_{FIRST_DAY}.csv").write_text(
        f"visita;targa;parco;arrivo;pagato;nome\nV1;ZZ001ZZ;DUCOS;{FIRST_DAY} 10:05:00;1;\n"
    )
    land(parks, "parks/visits")
    archive = parks.home / "archive"
    (sealed,) = archive.rglob("*.sealed")
    (key,) = archive.glob("keys/**/*.key")
    keyring = parks.twin().keyring
    secret = keyring.unwrap(
        bytes.fromhex(key.read_text().splitlines()[-1]), context=context_of(archive, key)
    )
    name, frame = sealed.relative_to(archive).as_posix().encode(), sealed.read_bytes()[17 + 4 :]

    opened = AESGCM(secret).decrypt(bytes(11) + b"\x01", frame, name)

    assert opened[4:8] == ZSTD
    for word in (b"wrap", b"seal", b"digest", b"id", name, b"sealed|parks/visits", b""):
        with pytest.raises(InvalidTag):
            AESGCM(keyring._derive(word)).decrypt(bytes(11) + b"\x01", frame, name)


def context_of(archive: Path, key: Path) -> bytes:
    from infra.seal.records import Record

    return Record.read(key.relative_to(archive).as_posix(), key.read_bytes()).context()


# Traces


def test_nobody_who_moves_through_the_city_can_be_followed_from_day_to_day() -> None:
    followed, moving = [], 0
    for contract in load_contracts([BUILT_IN]).values():
        event = contract.stored.get(contract.event_time or "")
        if event is None or event.type != "timestamp":
            continue
        for name, column in contract.stored.items():
            if column.is_pseudonym and column.entity in MOVING:
                moving += 1
                followed += [] if column.epoch == "day" else [f"{contract.key}.{name}"]

    assert moving >= 7
    assert followed == []


def test_whoever_writes_a_contract_is_told_of_a_key_that_follows_a_car_for_ever(
    parks: Town,
) -> None:
    folder = (parks.contracts or Path()) / "parks/visits"
    before = notes_on(load_contract(folder))

    edit_contract(parks, "parks/visits", "    epoch: day\n", "")

    (note,) = notes_on(load_contract(folder))
    assert before == []
    assert "columns.vehicle_pid" in note
    assert "write epoch: day" in note


def test_no_instant_of_a_person_is_finer_than_its_table_needs_and_gold_knows_hours_only(
    landed_once: Town,
) -> None:
    twin = landed_once.twin()
    traces = [c for c in twin.contracts.values() if any(x.epoch for x in c.stored.values())]
    instants = [c.stored[n] for c in traces for n in c.stored if c.stored[n].type == "timestamp"]
    published = {
        key: frame
        for key, frame in rows_of(landed_once).items()
        if key.startswith(("gold", "open"))
    }

    assert len(instants) >= 10
    assert all(column.treatment != "keep" for column in instants)
    assert published
    for key, frame in published.items():
        for name in frame.select(pl.col(pl.Datetime)).columns:
            cut = frame[name].dt.truncate("1h")
            assert (cut == frame[name]).all(), (key, name)
        assert not any(name.endswith("_pid") for name in frame.columns), key


# Ids of the publisher's own rows


@pytest.mark.parametrize("key", ["visit_id", "[visit_id, park_id]"])
def test_a_row_of_a_person_cannot_keep_the_key_it_has_at_the_publishers(
    parks: Town, key: str
) -> None:
    edit_contract(parks, "parks/visits", "primary_key: [visit_pid]", f"primary_key: {key}")
    edit_contract(
        parks,
        "parks/visits",
        "visit_pid: {from: visita, type: string, personal: indirect, treatment: pseudonymise}",
        "visit_id: {from: visita, type: string}",
    )

    with pytest.raises(ContractError, match="leads from vehicle_pid back to the row") as told:
        load_contract((parks.contracts or Path()) / "parks/visits")

    assert "treatment: pseudonymise" in str(told.value)


def test_no_key_of_a_row_at_the_publishers_stands_in_a_table_of_the_city(
    landed_once: Town,
) -> None:
    ids = [
        line.split(";")[0]
        for path in landed_once.sources.glob("brescia_mobilita_files/sosta/*.csv")
        for line in path.read_text(encoding="utf-8").splitlines()[1::97]
    ]

    hits = scan(landed_once.lake, [one for one in ids if len(one) > 6])

    assert len(ids) > 20
    assert hits == []


# Rare categories


def test_a_category_that_one_person_alone_has_keeps_a_table_from_being_published() -> None:
    citizens = [(zone, code) for zone in "ab" for code in ("IT", "RO") * 10]
    rare = pl.DataFrame(
        [*citizens, ("a", "Zzcanary")], schema=["zone_id", "nationality_code"], orient="row"
    )
    release = Records(quasi_identifiers=("zone_id",), sensitive=("nationality_code",))
    common = rare.filter(pl.col("nationality_code") != "Zzcanary")

    passed = clear("open/people/x", common, release)
    with pytest.raises(DeliveryRefused, match="like no other in all columns") as told:
        clear("open/people/x", rare, release)

    assert passed.verdict.k >= 10
    assert "Zzcanary" not in str(told.value)
