import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.errors import TwinError
from infra.scan import scan
from infra.scan.forms import Needle
from infra.scan.search import Matcher
from tests.infra.hidden import (
    CANARIES,
    PERSON,
    PLATE,
    WORDS,
    forms_found,
    frame,
    zipped,
)


def digest(name: str, value: str) -> bytes:
    return hashlib.new(name, value.encode()).hexdigest().encode()


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("plain", PERSON.encode()),
        ("lower", PERSON.lower().encode()),
        ("upper", PERSON.upper().encode()),
        ("mixed case", "zZcanàRy D'Zzprova".encode()),
        ("windows-1252", PERSON.encode("cp1252")),
        ("url", quote(PERSON).encode()),
        ("url", quote_plus(PERSON).lower().encode()),
        ("html", b"Zzcan\xc3\xa0ry D&#x27;Zzprova"),
        ("json", json.dumps(PERSON).encode()),
        ("json", json.dumps(json.dumps({"stats": PERSON})).encode()),
        ("utf-16-le", PERSON.encode("utf-16-le")),
        ("utf-16-be", PERSON.upper().encode("utf-16-be")),
        ("hex", PERSON.encode().hex().encode()),
        ("hex", PERSON.upper().encode().hex().upper().encode()),
        ("md5", digest("md5", PERSON)),
        ("sha1", digest("sha1", PERSON.lower())),
        ("sha256", digest("sha256", PERSON.upper()).upper()),
        ("sha256 bytes", hashlib.sha256(PERSON.encode()).digest()),
        ("sha256 base64", base64.b64encode(hashlib.sha256(PERSON.encode()).digest())),
    ],
)
def test_a_value_is_found_in_each_form(tmp_path: Path, form: str, written: bytes) -> None:
    (tmp_path / "log.txt").write_bytes(WORDS + written + WORDS)

    hits = scan(tmp_path, CANARIES)

    assert form in {hit.form for hit in hits}
    assert {(hit.path, hit.canary) for hit in hits} == {("log.txt", 1)}


@given(before=st.binary(max_size=5), after=st.binary(max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_is_found_in_base64_wherever_it_stands(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        (tmp_path / "token").write_bytes(encode(before + PLATE.encode() + after))

        assert "base64" in forms_found(scan(tmp_path, CANARIES), PLATE)


def test_a_number_is_found_without_its_spaces_and_as_a_digest_of_that(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"tel:+393470000999")
    (tmp_path / "b").write_bytes(digest("sha256", "+393470000999"))

    hits = scan(tmp_path, CANARIES)

    assert [(hit.path, hit.form) for hit in hits] == [("a", "compact"), ("b", "sha256")]


def test_names_of_files_and_folders_are_read_and_not_repeated(tmp_path: Path) -> None:
    folder = tmp_path / "lake" / f"plate={PLATE}"
    folder.mkdir(parents=True)
    (folder / f"{quote(PERSON)}.csv").write_bytes(PLATE.encode())
    (tmp_path / "link").symlink_to(f"/nowhere/{PLATE}")

    hits = scan(tmp_path, CANARIES)

    assert {(hit.path, hit.place) for hit in hits} == {
        ("lake/(name withheld)", "name"),
        ("lake/(name withheld)/(name withheld)", "name"),
        ("lake/(name withheld)/(name withheld)", "byte 0"),
        ("link", "target of the link"),
    }


def test_a_hit_never_shows_the_value(tmp_path: Path) -> None:
    (tmp_path / PLATE).write_bytes(zipped(PERSON.encode() * 5))
    frame().rename({"text": PLATE}).write_parquet(tmp_path / "a.parquet")

    shown = repr(scan(tmp_path, CANARIES))

    for value in (PLATE, "Zzcan", "Zzprova"):
        assert value not in shown


def test_finds_of_one_kind_in_one_file_are_told_once_with_first_and_last_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").write_bytes(
        PLATE.encode() + bytes(93) + PLATE.encode() + bytes(93) + b"ZZ999ZZ"
    )

    (hit,) = scan(tmp_path, CANARIES)

    assert (hit.place, hit.last_place, hit.count) == ("byte 0", "byte 200", 3)


@pytest.mark.parametrize("start", [4 * 2**20 - 7, 4 * 2**20 - 3, 4 * 2**20, 2**18 - 2, 2**18 - 9])
def test_a_value_across_the_border_of_two_blocks_is_found_once(tmp_path: Path, start: int) -> None:
    (tmp_path / "big").write_bytes(bytes(start) + PLATE.encode() + bytes(5 * 2**20))

    (hit,) = scan(tmp_path, CANARIES)

    assert (hit.place, hit.count) == (f"byte {start}", 1)


def test_a_canary_too_short_to_mean_anything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="canary 2 is shorter"):
        scan(tmp_path, ["long enough", "abc"])


def test_nothing_to_look_for_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(WORDS)

    assert scan(tmp_path, []) == []


@given(
    data=st.binary(max_size=400),
    contents=st.lists(st.binary(min_size=4, max_size=20), min_size=1, max_size=8),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_many_needles_are_found_where_a_plain_search_finds_each(
    data: bytes, contents: list[bytes], cuts: list[int]
) -> None:
    for cut, content in zip(cuts, contents, strict=False):
        data = data[:cut] + content + data[cut:]
    needles = [Needle(c, "plain", i, is_exact=i % 2 == 0) for i, c in enumerate(contents)]

    found = sorted((start, needle.canary) for start, needle in Matcher(needles).find(data))

    expected = [
        (start, i)
        for i, content in enumerate(contents)
        for start in range(len(data))
        if data[start : start + len(content)] == content
        or (i % 2 and data[start : start + len(content)].lower() == content.lower())
    ]
    assert found == sorted(expected)
