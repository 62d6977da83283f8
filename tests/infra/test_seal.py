import os
import secrets
import time
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from infra.adapters.opening import payloads_of
from infra.arrivals import Arrivals, Payload
from infra.errors import ContractError, TwinError
from infra.keys import Keyring
from infra.scan import scan
from infra.seal import Archive, delivery_id
from infra.seal.cipher import TamperedError, seal, unseal
from infra.windows import Window

NOW = datetime(2025, 1, 31, 5, 0, tzinfo=UTC)
LAST_DAY = date(2025, 2, 14)
WINDOW = Window.of(date(2025, 1, 30), "daily")
NEXT_WINDOW = Window.of(date(2025, 1, 31), "daily")
KEY = "brescia_mobilita/parking_sessions"
ROWS = b"targa;intestatario\n" + b"ZZ999ZZ;Zzcanary Zzprova\n" * 500


def arrivals(content: bytes = ROWS, name: str = "soste_Zzprova.csv") -> Arrivals:
    modified_at = datetime(2025, 1, 31, 4, 0, tzinfo=UTC)
    return Arrivals([Payload(name, content, modified_at), Payload("b", b"", modified_at, LAST_DAY)])


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(bytes(range(32)), tmp_path / "root.key")


@pytest.fixture
def archive(tmp_path: Path, keyring: Keyring) -> Archive:
    return Archive(str(tmp_path / "archive"), keyring)


def put(archive: Archive, window: Window = WINDOW, content: bytes = ROWS) -> str:
    sealed = archive.put(KEY, window, arrivals(content), sealed_at=NOW, expires_on=LAST_DAY)
    return sealed.delivery_id


def files(tmp_path: Path, ending: str) -> list[Path]:
    return sorted((tmp_path / "archive").rglob(f"*{ending}"))


def test_a_sealed_delivery_opens_as_it_came(archive: Archive) -> None:
    sealed_id = put(archive)

    opened = archive.get(KEY, sealed_id)

    assert payloads_of(opened) == payloads_of(arrivals())


payloads = st.builds(
    Payload,
    name=st.text(max_size=20),
    content=st.binary(max_size=300),
    modified_at=st.datetimes(timezones=st.just(UTC)),
    window_start=st.none() | st.dates(),
)


@given(delivery=st.lists(payloads, max_size=5), chunk_bytes=st.integers(1, 400))
def test_any_delivery_opens_as_it_came_however_it_is_cut(
    delivery: list[Payload], chunk_bytes: int
) -> None:
    from infra.seal.payloads import decode, encode

    key = bytes(32)

    sealed = b"".join(seal(encode(Arrivals(delivery)), key, context=b"c", chunk_bytes=chunk_bytes))
    opened = decode(unseal(BytesIO(sealed), key, context=b"c", chunk_bytes=chunk_bytes))

    assert payloads_of(opened) == tuple(delivery)


@given(data=st.data(), content=st.binary(max_size=200), chunk_bytes=st.integers(1, 64))
def test_a_sealed_stream_that_was_changed_anywhere_does_not_open(
    data: st.DataObject, content: bytes, chunk_bytes: int
) -> None:
    key = bytes(32)
    sealed = b"".join(seal([content], key, context=b"c", chunk_bytes=chunk_bytes))
    cut = data.draw(st.integers(0, len(sealed) - 1))
    flipped = sealed[:cut] + bytes([sealed[cut] ^ 1]) + sealed[cut + 1 :]

    for changed in (flipped, sealed[:cut], sealed + sealed[cut:]):
        with pytest.raises(TamperedError):
            list(unseal(BytesIO(changed), key, context=b"c", chunk_bytes=chunk_bytes))


def test_chunks_of_a_sealed_stream_cannot_change_places() -> None:
    key, content = bytes(32), secrets.token_bytes(300)
    head, *frames = list(seal([content], key, context=b"c", chunk_bytes=100))
    swapped = b"".join([head, *frames[2:4], *frames[0:2], *frames[4:]])

    with pytest.raises(TamperedError):
        list(unseal(BytesIO(swapped), key, context=b"c"))


def test_no_byte_of_a_delivery_and_no_name_lies_in_the_archive(
    archive: Archive, tmp_path: Path
) -> None:
    noise = secrets.token_bytes(4000)

    archive.put(
        KEY, WINDOW, arrivals(ROWS + noise, "Zzprova.csv"), sealed_at=NOW, expires_on=LAST_DAY
    )

    for path in (p for p in (tmp_path / "archive").rglob("*") if p.is_file()):
        stored = path.read_bytes() + str(path.relative_to(tmp_path)).encode()
        for secret in (b"Zzprova", b"ZZ999ZZ", b"targa", noise[:16], noise[-16:]):
            assert secret not in stored
            assert secret.hex().encode() not in stored


def test_the_scanner_finds_a_delivery_in_the_open_and_not_in_the_archive(
    archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "soste.csv").write_bytes(ROWS)
    put(archive)

    canaries = ["Zzcanary Zzprova", "ZZ999ZZ", "soste_Zzprova"]

    assert {hit.canary for hit in scan(tmp_path / "open", canaries)} == {0, 1}
    assert scan(tmp_path / "archive", canaries) == []


def test_names_in_the_archive_hold_publisher_data_set_and_keyed_ids_only(
    archive: Archive, tmp_path: Path
) -> None:
    sealed_id = put(archive)

    (sealed,), (key,) = files(tmp_path, ".sealed"), files(tmp_path, ".key")

    assert sealed.parent == tmp_path / "archive/sealed" / KEY / sealed_id
    assert key.parent == tmp_path / "archive/keys" / KEY / sealed_id
    assert len(sealed.stem) == len(key.stem) == 16


def test_the_same_delivery_put_twice_is_sealed_once(archive: Archive, tmp_path: Path) -> None:
    first = put(archive)
    before = files(tmp_path, ".sealed")[0].read_bytes()

    second = archive.put(
        KEY, WINDOW, arrivals(), sealed_at=NOW + timedelta(days=1), expires_on=None
    )

    assert second.delivery_id == first
    assert [f.read_bytes() for f in files(tmp_path, ".sealed")] == [before]
    assert [d.expires_on for d in archive.deliveries(KEY)] == [LAST_DAY]


def test_an_unchanged_file_for_the_next_window_shares_the_ciphertext(
    archive: Archive, tmp_path: Path
) -> None:
    first = put(archive, WINDOW)

    second = archive.put(
        KEY,
        NEXT_WINDOW,
        arrivals(),
        sealed_at=NOW + timedelta(days=1),
        expires_on=LAST_DAY + timedelta(days=1),
    )

    assert second.delivery_id == first
    assert len(files(tmp_path, ".sealed")) == 1
    assert [d.window for d in archive.deliveries(KEY)] == [str(WINDOW), str(NEXT_WINDOW)]
    assert archive.expire(LAST_DAY) == 1
    assert payloads_of(archive.get(KEY, first)) == payloads_of(arrivals())
    assert archive.expire(LAST_DAY + timedelta(days=1)) == 1
    with pytest.raises(ContractError, match="has expired"):
        archive.get(KEY, first)


def test_a_delivery_that_comes_back_after_another_is_sealed_again_with_its_new_date(
    archive: Archive, tmp_path: Path
) -> None:
    days = [NOW + timedelta(days=number) for number in range(4)]

    sealed = [
        archive.put(KEY, WINDOW, arrivals(content), sealed_at=at, expires_on=at.date())
        for content, at in zip((b"A", b"B", b"A", b"A"), days, strict=True)
    ]

    assert sealed[0].delivery_id == sealed[2].delivery_id != sealed[1].delivery_id
    assert sealed[3] == sealed[2]
    assert archive.deliveries(KEY) == sealed[:3]
    assert [one.sealed_at for one in sealed[:3]] == days[:3]
    assert archive.expire(sealed[0].sealed_at.date()) == 1
    assert payloads_of(archive.get(KEY, sealed[0].delivery_id)) == payloads_of(arrivals(b"A"))


def test_a_delivery_of_another_day_does_not_make_an_unchanged_one_new(archive: Archive) -> None:
    later = NOW + timedelta(days=1)
    first = archive.put(KEY, WINDOW, arrivals(), sealed_at=NOW, expires_on=None)
    archive.put(KEY, NEXT_WINDOW, arrivals(b"B"), sealed_at=later, expires_on=None)

    again = archive.put(KEY, WINDOW, arrivals(), sealed_at=later, expires_on=None)

    assert again == first


def test_a_delivery_keeps_the_version_of_the_key_it_first_came_under(archive: Archive) -> None:
    def put_under(key: tuple[str, int], window: Window) -> tuple[str | None, int | None]:
        sealed = archive.put(KEY, window, arrivals(), sealed_at=NOW, expires_on=None, key=key)
        return sealed.key_domain, sealed.key_version

    first = put_under(("parking", 1), WINDOW)

    assert first == ("parking", 1)
    assert put_under(("parking", 2), WINDOW) == ("parking", 1)
    assert put_under(("parking", 2), NEXT_WINDOW) == ("parking", 1)
    assert put_under(("energy", 3), Window.of(LAST_DAY, "daily")) == ("energy", 3)


def test_deliveries_are_listed_oldest_first_with_sizes_and_terms(archive: Archive) -> None:
    newer = put(archive, NEXT_WINDOW, b"x")
    older = archive.put(KEY, WINDOW, arrivals(), sealed_at=NOW - timedelta(days=1), expires_on=None)

    listed = archive.deliveries(KEY)

    assert [d.delivery_id for d in listed] == [older.delivery_id, newer]
    assert [(d.bytes_count, d.payloads_count) for d in listed] == [(len(ROWS), 2), (1, 2)]
    assert [d.window for d in listed] == ["2025-01-30/2025-01-31", "2025-01-31/2025-02-01"]
    assert [d.expires_on for d in listed] == [None, LAST_DAY]
    assert archive.deliveries("a2a/electricity_readings") == []


def test_a_delivery_is_gone_on_its_last_day_and_says_so(archive: Archive, tmp_path: Path) -> None:
    sealed_id = put(archive)
    kept = archive.put(KEY, WINDOW, arrivals(b"for good"), sealed_at=NOW, expires_on=None)

    counts = [archive.expire(LAST_DAY - timedelta(days=1)), archive.expire(LAST_DAY)]

    assert counts == [0, 1]
    with pytest.raises(ContractError, match="has expired"):
        archive.get(KEY, sealed_id)
    assert archive.get(KEY, kept.delivery_id).bytes_count == 8
    assert len(files(tmp_path, ".sealed")) == len(files(tmp_path, ".key")) == 1


def test_an_expired_delivery_that_comes_again_is_sealed_anew(archive: Archive) -> None:
    sealed_id = put(archive)
    archive.expire(LAST_DAY)

    again = archive.put(KEY, WINDOW, arrivals(), sealed_at=NOW, expires_on=None)

    assert again.delivery_id == sealed_id
    assert archive.get(KEY, sealed_id).bytes_count == len(ROWS)


def test_without_its_key_a_ciphertext_is_unreadable_though_the_root_key_is_there(
    archive: Archive, tmp_path: Path, keyring: Keyring
) -> None:
    sealed_id = put(archive)
    (sealed,) = files(tmp_path, ".sealed")
    files(tmp_path, ".key")[0].unlink()

    with pytest.raises(TwinError, match="no sealed delivery"):
        archive.get(KEY, sealed_id)
    context = sealed.relative_to(tmp_path / "archive").as_posix().encode()
    frame = sealed.read_bytes()[17 + 4 :]
    for derivable in (bytes(range(32)), keyring._derive(b"wrap"), keyring._derive(b"seal")):
        with pytest.raises(InvalidTag):
            AESGCM(derivable).decrypt(bytes(11) + b"\x01", frame, context)


def test_a_writer_killed_before_the_key_leaves_nothing_that_counts(
    archive: Archive, tmp_path: Path
) -> None:
    put(archive)
    files(tmp_path, ".key")[0].unlink()
    (orphan,) = files(tmp_path, ".sealed")
    unfinished = orphan.with_name(".0123.unfinished")
    unfinished.write_bytes(b"half")

    sealed_id = put(archive)
    for path in (orphan, unfinished):
        long_ago = time.time() - 3 * 86400
        os.utime(path, (long_ago, long_ago))
    archive.expire(date(2025, 2, 1))

    assert archive.get(KEY, sealed_id).bytes_count == len(ROWS)
    assert not orphan.exists()
    assert not unfinished.exists()
    assert len(archive.deliveries(KEY)) == 1


def test_a_ciphertext_still_being_written_is_not_cleaned_away(
    archive: Archive, tmp_path: Path
) -> None:
    put(archive)
    files(tmp_path, ".key")[0].unlink()

    archive.expire(date(2025, 2, 1))

    assert len(files(tmp_path, ".sealed")) == 1


@pytest.mark.parametrize(
    ("ending", "change"),
    [
        (".sealed", lambda b: b[:-1] + bytes([b[-1] ^ 1])),
        (".sealed", lambda b: b[:-20]),
        (".sealed", lambda _: b""),
        (".key", lambda b: b.replace(b"2025-02-14", b"2035-02-14")),
        (".key", lambda b: b.replace(b'"payloads_count": 2', b'"payloads_count": 1')),
        (".key", lambda b: b.replace(b'"key_version": null', b'"key_version": 1')),
        (".key", lambda b: b[:-2]),
        (".key", lambda _: b"{}"),
    ],
)
def test_what_was_tampered_with_does_not_open_and_no_value_is_told(
    archive: Archive, tmp_path: Path, ending: str, change: object
) -> None:
    sealed_id = put(archive)
    (path,) = files(tmp_path, ending)
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator] # a case of the table

    with pytest.raises(TwinError) as raised:
        archive.get(KEY, sealed_id)

    assert raised.value.__cause__ is None
    assert "Zz" not in str(raised.value)


def test_a_key_file_of_another_delivery_does_not_open_this_one(
    archive: Archive, tmp_path: Path
) -> None:
    sealed_id = put(archive)
    other_id = put(archive, WINDOW, b"other")
    keys = {path.parent.name: path for path in files(tmp_path, ".key")}
    keys[sealed_id].write_bytes(keys[other_id].read_bytes())

    with pytest.raises(TwinError, match="does not open with the root key"):
        archive.get(KEY, sealed_id)


def test_a_delivery_id_follows_from_content_name_window_order_policy_and_root_key(
    keyring: Keyring, tmp_path: Path
) -> None:
    at = NOW
    one, two = Payload("a", b"1", at), Payload("b", b"2", at)

    ids = {
        delivery_id(Arrivals([one, two]), keyring, policy="p"),
        delivery_id(Arrivals([two, one]), keyring, policy="p"),
        delivery_id(Arrivals([one]), keyring, policy="p"),
        delivery_id(Arrivals([one, two]), keyring, policy="q"),
        delivery_id(Arrivals([one, Payload("b", b"3", at)]), keyring, policy="p"),
        delivery_id(Arrivals([one, Payload("c", b"2", at)]), keyring, policy="p"),
        delivery_id(Arrivals([one, Payload("b", b"2", at, LAST_DAY)]), keyring, policy="p"),
        delivery_id(Arrivals([one, two]), Keyring(bytes(32), tmp_path), policy="p"),
    }
    later = Arrivals([one, Payload("b", b"2", at + timedelta(hours=1))])

    assert len(ids) == 8
    assert {len(i) for i in ids} == {32}
    assert delivery_id(later, keyring, policy="p") in ids


@pytest.mark.parametrize("key", ["", "../up", "a/../b", "A/b", "a b", "/a"])
def test_a_key_that_is_no_publisher_and_data_set_is_refused(archive: Archive, key: str) -> None:
    with pytest.raises(TwinError, match="contract key"):
        archive.deliveries(key)


def test_an_archive_that_cannot_be_written_says_so(tmp_path: Path, keyring: Keyring) -> None:
    (tmp_path / "archive").write_bytes(b"a file where a folder should be")

    with pytest.raises(TwinError, match="could not write"):
        put(Archive(str(tmp_path / "archive"), keyring))
