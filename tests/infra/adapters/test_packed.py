import gzip
import io
import zipfile

import pytest

from infra.adapters import packed
from infra.adapters.packed import unpack
from infra.errors import ContractError


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def test_what_is_not_packed_comes_back_as_it_is():
    content = b"a,b\n1,2\n"

    assert unpack("x.csv", content, format=None) == [("x.csv", content)]


def test_gzip_files_one_after_the_other_are_one_file():
    content = gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n") + b"\0" * 100

    assert unpack("x.csv.gz", content, format=None) == [("x.csv", b"a,b\n1,2\n")]


def test_a_large_gzip_comes_out_whole():
    content = b"".join(b"%d,%d\n" % (i, i * i) for i in range(1_200_000))

    assert unpack("x.csv.gz", gzip.compress(content, 1), format=None)[0].content == content


def test_only_the_tables_of_a_zip_are_taken():
    content = zipped(b__csv=b"a\n1\n", readme__md=b"x", licence__txt=b"c\n", z__json=b"[]")

    names = [name for name, _ in unpack("x.zip", content, format=None)]

    assert names == ["b.csv", "z.json"]
    assert [name for name, _ in unpack("x.zip", content, format="json")] == ["z.json"]


def test_text_files_are_tables_where_there_are_no_others():
    content = zipped(stops__txt=b"a\n1\n", trips__txt=b"b\n2\n")

    assert len(unpack("gtfs.zip", content, format=None)) == 2


def encrypted() -> bytes:
    content = bytearray(zipped(a__csv=b"a\n1\n"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    return bytes(content)


def with_wrong_sum() -> bytes:
    content = bytearray(zipped(a__csv=b"a\n1\n"))
    for mark, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        content[content.index(mark) + offset] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"a,b\n1,2\n" * 1000)[:-12], "ends too early"),
        (gzip.compress(b"a,b\n")[:5], "ends too early"),
        (b"\x1f\x8b\x08\x00" + b"\xff" * 40, "gzip file is damaged"),
        (gzip.compress(b"a,b\n") + b"garbage", "gzip file is damaged"),
        (zipped(a__csv=b"a\n1\n")[:-30], "zip file is damaged"),
        (zipped(readme__md=b"x"), "no file of a tabular format"),
        (encrypted(), "encrypted"),
        (with_wrong_sum(), "inside the zip is damaged"),
    ],
)
def test_a_broken_package_is_refused_with_what_is_wrong(content, message):
    with pytest.raises(ContractError, match=message):
        unpack("x", content, format=None)


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped(a__csv=content)])
def test_a_bomb_is_refused_before_it_unfolds(pack):
    bomb = pack(b"0" * (80 * 1024**2))

    with pytest.raises(ContractError, match="zip bomb"):
        unpack("x", bomb, format=None)


def test_the_total_of_all_members_is_limited(monkeypatch):
    monkeypatch.setattr(packed, "MAX_UNPACKED_BYTES", 1500)
    content = zipped(a__csv=b"a" * 1000, b__csv=b"b" * 1000)

    with pytest.raises(ContractError, match="unpacks to more than"):
        unpack("x.zip", content, format=None)
