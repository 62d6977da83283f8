import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import UsageError
from infra.signing import SigningKey
from quality.report.pack import MANIFEST, newest_beside, verify, write

AT = datetime(2025, 3, 24, 6, tzinfo=UTC)
KEY, OTHER_KEY = SigningKey(bytes(32)), SigningKey(b"1" * 32)
FILES = {"report.html": "<p>niente</p>\n", "report.json": "{}\n", "certificates/0001.json": "[1]\n"}


def a_pack(folder: Path, *, previous: Path | None = None, key: SigningKey = KEY) -> Path:
    write(folder, FILES, key=key, made_at=AT, previous=previous)
    return folder


def problems(folder: Path, **how: object) -> tuple[str, ...]:
    return verify(folder, **how).problems


def test_a_pack_as_it_was_handed_out_is_as_it_was_signed(tmp_path):
    checked = verify(a_pack(tmp_path / "1"), public=KEY.public)

    assert checked.problems == ()
    assert (checked.number, checked.files_count, checked.previous) == (1, 3, "")


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_pack(tmp_path_factory.mktemp("packs") / "1")


@given(st.data())
def test_any_changed_byte_of_any_file_is_found(pack, data):
    name = data.draw(st.sampled_from([*FILES, MANIFEST]))
    before = (pack / name).read_bytes()
    place = data.draw(st.integers(0, len(before) - 1))
    other = data.draw(st.integers(1, 255))
    changed = bytearray(before)
    changed[place] ^= other

    (pack / name).write_bytes(changed)
    try:
        found = problems(pack)
    except UsageError as error:
        found = (str(error),)
    finally:
        (pack / name).write_bytes(before)

    assert any(name in text for text in found)


def test_every_byte_of_the_signed_list_counts(pack):
    before = (pack / MANIFEST).read_bytes()
    unseen = []
    for place in range(len(before)):
        changed = bytearray(before)
        changed[place] ^= 1
        (pack / MANIFEST).write_bytes(changed)
        try:
            if not problems(pack):
                unseen.append(place)
        except UsageError:
            pass
    (pack / MANIFEST).write_bytes(before)

    assert unseen == []


def test_a_file_that_is_missing_and_one_that_was_added_are_named(tmp_path):
    pack = a_pack(tmp_path / "1")
    (pack / "certificates/0001.json").unlink()
    (pack / "certificates/0002.json").write_text("{}")

    assert problems(pack) == (
        "certificates/0001.json: it is missing",
        "certificates/0002.json: it is not in the signed list",
    )


def test_whoever_signs_again_with_another_key_is_found_by_the_published_one(tmp_path):
    forged = a_pack(tmp_path / "forged", key=OTHER_KEY)

    assert problems(forged) == ()
    assert problems(forged, public=KEY.public) == (
        f"{MANIFEST}: it is signed by another key than the one given",
    )


def test_packs_follow_each_other_and_one_taken_out_is_missed(tmp_path):
    first = a_pack(tmp_path / "1")
    second = a_pack(tmp_path / "2", previous=first)
    third = a_pack(tmp_path / "3", previous=second)

    assert newest_beside(tmp_path / "4", KEY.public) == third
    assert verify(third, previous=second).number == 3
    assert problems(third, previous=second) == ()
    assert any("does not follow" in text for text in problems(third, previous=first))


def test_a_pack_is_not_chained_to_one_that_was_changed(tmp_path):
    first = a_pack(tmp_path / "1")
    (first / "report.html").write_text("<p>altro</p>")

    with pytest.raises(UsageError, match=r"with the key in use: report\.html"):
        a_pack(tmp_path / "2", previous=first)
    assert any("the pack before" in one for one in problems(first, previous=first))


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    tmp_path.joinpath("mine").write_text("x")

    with pytest.raises(UsageError, match="is not empty"):
        a_pack(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"document": 3, "signature": "", "public_key": ""}']
)
def test_a_list_that_is_none_is_no_pack(tmp_path, text):
    pack = a_pack(tmp_path / "1")
    (pack / MANIFEST).write_text(text)

    with pytest.raises(UsageError, match="was changed"):
        verify(pack)


def test_a_folder_without_a_list_is_no_pack(tmp_path):
    with pytest.raises(UsageError, match="it is no pack"):
        verify(tmp_path)


def test_a_signature_written_in_another_form_of_base64_is_found(tmp_path):
    pack = a_pack(tmp_path / "1")
    values = json.loads((pack / MANIFEST).read_text())
    values["signature"] = values["signature"].rstrip("=") + "=" * 4
    (pack / MANIFEST).write_text(json.dumps(values, ensure_ascii=False, indent=2) + "\n")

    assert problems(pack) == (f"{MANIFEST}: it was changed after it was signed",)


@pytest.mark.parametrize(
    ("add", "words"),
    [
        (lambda at: at.joinpath("aside").symlink_to("/"), "aside: it is no plain file"),
        (lambda at: at.joinpath("aside").symlink_to("nowhere"), "aside: it is no plain file"),
        (lambda at: at.joinpath("aside").mkdir(), "aside: it is an empty folder"),
        (lambda at: at.joinpath(".hidden").write_text(""), ".hidden: it is not in the signed list"),
        (lambda at: at.joinpath("a\x1b[2Jb").touch(), "a\\x1b[2Jb: it is not in the signed list"),
    ],
)
def test_whatever_is_put_into_a_pack_is_named(tmp_path, add, words):
    pack = a_pack(tmp_path / "1")
    add(pack)

    assert any(text.startswith(words) for text in problems(pack))


def test_a_file_replaced_by_a_link_to_its_own_words_is_no_part_of_the_pack(tmp_path):
    pack = a_pack(tmp_path / "1")
    (pack / "report.html").rename(tmp_path / "outside")
    (pack / "report.html").symlink_to(tmp_path / "outside")

    assert "report.html: it is missing" in problems(pack)


def test_another_document_of_the_same_key_is_no_pack(tmp_path):
    of_a_pack = {"number": 1, "made_at": AT.isoformat(), "files": {}, "previous": ""}
    signed = KEY.sign({"certificate": "gemello erasure 1", **of_a_pack})
    (tmp_path / MANIFEST).write_text(signed.as_json())

    with pytest.raises(UsageError, match="is no list of a pack"):
        verify(tmp_path, public=KEY.public)


def test_a_chain_goes_on_from_packs_of_the_same_key_only(tmp_path):
    mine = a_pack(tmp_path / "1")
    forged = a_pack(tmp_path / "2", key=OTHER_KEY)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / MANIFEST).write_text('{"name": "something else"}')

    assert newest_beside(tmp_path / "3", KEY.public) == mine
    with pytest.raises(UsageError, match="signed by another key"):
        a_pack(tmp_path / "3", previous=forged)


def test_a_chain_does_not_fork_in_silence_around_a_changed_pack(tmp_path):
    first = a_pack(tmp_path / "1")
    text = (first / MANIFEST).read_text()
    (first / MANIFEST).write_text(text.replace('"number": 1', '"number": 7'))

    with pytest.raises(UsageError, match="was changed after it was signed"):
        newest_beside(tmp_path / "2", KEY.public)


def test_a_pack_of_another_key_does_not_pass_for_the_one_before(tmp_path):
    first, forged = a_pack(tmp_path / "1"), a_pack(tmp_path / "f", key=OTHER_KEY)
    second = a_pack(tmp_path / "2", previous=first)

    found = problems(second, previous=forged)

    assert f"{MANIFEST}: it is signed by another key than the pack in {forged}" in found
