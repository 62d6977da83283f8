import csv
import io
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from infra.adapters import csv_rows
from infra.adapters.file import FileAdapter
from infra.adapters.raw import RawRows
from infra.arrivals import Payload
from infra.errors import ContractError


def read(content: bytes, name: str = "file.csv", **declared: Any) -> RawRows:
    adapter = FileAdapter(protocol="file", url=name, **declared)
    return adapter.read([Payload(name, content, datetime(2025, 1, 1, tzinfo=UTC))])


def rows(raw: RawRows) -> list[tuple[object, ...]]:
    return raw.frame.drop("__payload", "__line").rows()


def refused(raw: RawRows) -> list[tuple[int, str]]:
    return raw.refused.select("__line", "reason").rows()


def test_an_identifier_keeps_its_zeros_and_an_empty_cell_is_null():
    raw = read(b"codice,valore\n00123,\n00124,0\n")

    assert raw.frame.columns == ["codice", "valore", "__payload", "__line"]
    assert rows(raw) == [("00123", None), ("00124", "0")]
    assert raw.frame["__line"].to_list() == [2, 3]
    assert raw.frame.schema["__payload"] == pl.Int32


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator):
    text = "nome;quando;valore\nA;2025-01-01 10:00;1,5\nB;2025-01-01 11:00;2,5\n"

    raw = read(text.replace(",", ".").replace(";", separator).encode())

    assert rows(raw)[1] == ("B", "2025-01-01 11:00", "2.5")


def test_decimal_commas_in_every_cell_do_not_make_the_comma_a_separator():
    raw = read(b"a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n")

    assert rows(raw) == [("1,5", "2,5", "3,5"), ("4,5", "5,5", "6,5")]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"\xef\xbb\xbf nome ,tot \nx,1\n", ["nome", "tot"]),
        ("nome,tot\nx,1\n".encode("utf-16"), ["nome", "tot"]),
        (b"nome,tot\r\nx,1\r\n", ["nome", "tot"]),
        (b"nome,tot\rx,1\ry,2\r", ["nome", "tot"]),
        (b'"nome","tot"\n"x","1"\n', ["nome", "tot"]),
        (b"\n\nnome,tot\nx,1\n\n", ["nome", "tot"]),
        (b"'nome','tot'\n'x','1'\n'y','2'\n", ["nome", "tot"]),
        (b"#nome,tot\nx,1\n", ["#nome", "tot"]),
        (b"# estratto del 2025\n# fonte: x, y\nnome,tot\nx,1\n", ["nome", "tot"]),
        (b"nome,tot,\nx,1,\ny,2,\n", ["nome", "tot"]),
        (b"nome,tot\nx,1,\ny,2,\n", ["nome", "tot"]),
        (b"nome,tot,nome\nx,1,2\n", ["nome (1)", "tot", "nome (2)"]),
        (b"nome,,tot\nx,1,2\n", ["nome", "column 2", "tot"]),
        (b"__line,tot\nx,1\n", ["__line (1)", "tot"]),
    ],
)
def test_columns_have_the_names_of_the_header(content, names):
    raw = read(content)

    assert raw.frame.columns[:-2] == names
    assert rows(raw)[0][0] == "x"
    assert raw.refused.is_empty()


def test_title_lines_above_the_header_are_passed_over():
    content = "Popolazione residente\nAnno 2024;;\n\nsezione;maschi;femmine\n0017;10;12\n"

    raw = read(content.encode())

    assert raw.frame.columns[:3] == ["sezione", "maschi", "femmine"]
    assert raw.frame["__line"].to_list() == [5]


def test_what_is_declared_is_not_sniffed():
    content = b"x;y\nignored\n// note\na;b\n1;2\n// note\n3;4\n"

    raw = read(content, skip_rows=2, comment="//", separator=";")

    assert raw.frame.columns[:2] == ["a", "b"]
    assert rows(raw) == [("1", "2"), ("3", "4")]
    assert raw.frame["__line"].to_list() == [5, 7]


@pytest.mark.parametrize(
    ("header", "names"), [(False, ["1", "2"]), (("codice", "valore"), ["codice", "valore"])]
)
def test_a_file_without_header_loses_no_row(header, names):
    raw = read(b"7,8\n9,10\n", header=header)

    assert raw.frame.columns[:2] == names
    assert rows(raw) == [("7", "8"), ("9", "10")]


def test_blank_lines_are_no_rows_but_count_as_lines():
    raw = read(b"a,b\n\n1,2\n \n,\n\n3,4\n\n")

    assert raw.frame.select("a", "__line").rows() == [("1", 3), (None, 5), ("3", 7)]
    assert raw.refused.is_empty()


def test_a_single_column_needs_no_separator():
    raw = read(b'id\n001\n\n""\n002\n')

    assert raw.frame.select("id", "__line").rows() == [("001", 2), (None, 4), ("002", 5)]


def test_a_file_with_a_header_only_has_no_rows():
    raw = read(b"codice,valore\n")

    assert raw.frame.columns[:2] == ["codice", "valore"]
    assert raw.frame.is_empty()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1,2", "the line has 2 fields, the table has 3"),
        (b"1,2,3,4", "the line has 4 fields, the table has 3"),
        (b'1,"x,3', "a quotation mark on this line is opened but not closed"),
        (b'"1"x,2,3', "there is text before or after a quoted field on this line"),
        (b"1,\xe0\xff,3", "the line holds bytes that are not utf-8"),
        (b"1," + b"x" * 1024**2 + b",3", "the line is longer than 1 MiB"),
    ],
)
def test_a_line_that_cannot_be_read_costs_only_itself(line, reason):
    good = b'a,b,"c"\n'
    content = b"n,m,o\n" + good * 2 + line + b"\n" + "à,è,ò\n".encode() + good

    raw = read(content, encoding="utf-8")

    assert refused(raw) == [(4, reason)]
    assert raw.frame["__line"].to_list() == [2, 3, 5, 6]
    assert rows(raw)[2] == ("à", "è", "ò")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_last_line_is_refused_too_if_it_cannot_be_decoded_and_has_no_end(encoding):
    bad = {"utf-8": b"x\xff;3", "utf-16": b"x\x00\x00\xd8;\x003\x00"}[encoding]
    good = "a;b\n1;2\n".encode("utf-16-le" if encoding == "utf-16" else encoding)

    raw = read(good + bad, encoding={"utf-16": "utf-16-le"}.get(encoding, encoding))

    assert rows(raw) == [("1", "2")]
    assert [line for line, _ in refused(raw)] == [3]


def test_a_quoted_field_may_span_lines_when_it_closes():
    raw = read(b'n,nota\n1,"prima\n\nseconda, ""x"""\n2,ok\n')

    assert rows(raw) == [("1", 'prima\n\nseconda, "x"'), ("2", "ok")]
    assert raw.frame["__line"].to_list() == [2, 5]


def test_a_mark_left_open_does_not_swallow_a_record_of_several_lines():
    raw = read(b'n,nota,m\n1,"aperta,3\n2,"\nseconda",4\n3,ok,5\n')

    assert refused(raw) == [(2, "a quotation mark on this line is opened but not closed")]
    assert rows(raw) == [("2", "\nseconda", "4"), ("3", "ok", "5")]


def test_marks_that_are_tokens_of_a_tab_separated_file_are_text():
    content = "parola\ttag\n" + 'x\tO\n"\tO\ny\tO\nz\tO\n"\tO\n' * 5

    raw = read(content.encode())

    assert raw.frame.height == 25
    assert raw.refused.is_empty()


def test_blanks_around_quoted_fields_are_not_part_of_them():
    raw = read(b'a, b, c\n1, "x, y" ,2\n')

    assert rows(raw) == [("1", "x, y", "2")]


@pytest.mark.parametrize("encoding", ["windows-1252", "cp850"])
def test_italian_text_in_an_old_encoding_is_recognised(encoding):
    text = "città,nota\nCantù,perché è così\nForlì,virtù e onestà\n"

    raw = read(text.encode(encoding))

    assert raw.frame.columns[:2] == ["città", "nota"]
    assert rows(raw)[0] == ("Cantù", "perché è così")


def test_one_damaged_line_does_not_make_a_utf8_file_an_old_one():
    content = "via,n\nVia Libertà,1\nVia Carità,2\n".encode() + b"Via Citt\xe0,3\n"

    raw = read(content)

    assert rows(raw) == [("Via Libertà", "1"), ("Via Carità", "2")]
    assert [line for line, _ in refused(raw)] == [4]


def test_wide_half_hours_become_rows_and_an_empty_cell_stays_a_row():
    content = b"spira;00.00 - 00.30;00.30 - 01.00;tot\nA;5;;5\nB;;7;7\n"
    melt = {"columns": r"^\d\d\.\d\d - ", "name": "ora", "value": "veicoli"}

    raw = read(content, melt=melt)

    assert raw.frame.columns == ["spira", "tot", "ora", "veicoli", "__payload", "__line"]
    assert raw.frame.select("spira", "ora", "veicoli", "__line").rows() == [
        ("A", "00.00 - 00.30", "5", 2),
        ("A", "00.30 - 01.00", None, 2),
        ("B", "00.00 - 00.30", None, 3),
        ("B", "00.30 - 01.00", "7", 3),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (b"\n <!DOCTYPE html><html><body>login</body></html>", "a web page came in place of csv"),
        (b"<HTML lang='it'>", "a web page came in place of csv"),
        (b"\x00\x01\x02" * 100, "is not text"),
        (b"PAR1 whatever", "is parquet"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(content, message):
    with pytest.raises(ContractError, match=message):
        read(content)


def test_messages_and_reasons_show_no_value():
    secret = b"RSSMRA80A01B157X"

    raw = read(b"cf,x\n" + secret + b'\n"' + secret + b",1\n" + secret + b",1\n")

    assert raw.refused.height == 2
    assert secret.decode() not in str(raw.refused.rows()) + repr(raw)


PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
MARKED = st.text("ab ,;|'\"", max_size=6)
CELL = st.one_of(PLAIN, MARKED, st.sampled_from(["x\ny", "\n", "\n,", '"', ""]))
# Of two cells that hold nothing but line ends, nobody can say which line was damaged.
PROSE = st.one_of(PLAIN, MARKED, st.sampled_from(["x\ny", 'x\n"y"\n\nz', "x,\n1,2\n3", ""]))


@st.composite
def tables(draw, cell=CELL):
    width = draw(st.integers(2, 5))
    return draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=8))


def written(table, **dialect) -> list[str]:
    out = io.StringIO(newline="")
    writer = csv.writer(out, **dialect)
    ends = []
    for row in [[f"col{i}" for i in range(len(table[0]))], *table]:
        writer.writerow(row)
        ends.append(out.tell())
    text = out.getvalue()
    return [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]


DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "quotechar": st.sampled_from("\"'"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)


def declared(dialect) -> dict[str, Any]:
    return {"separator": dialect["delimiter"], "quote": dialect["quotechar"], "skip_rows": 0}


@settings(max_examples=100)
@given(tables(), DIALECTS)
def test_what_is_read_is_what_was_written(table, dialect):
    raw = read("".join(written(table, **dialect)).encode(), encoding="utf-8", **declared(dialect))

    assert raw.refused.is_empty()
    assert rows(raw) == [tuple(cell or None for cell in row) for row in table]


@settings(max_examples=100)
@given(tables(st.text("abcàèò 0123.-:", min_size=1, max_size=6)), DIALECTS)
def test_plain_text_is_read_in_whatever_dialect_without_being_told(table, dialect):
    assume(all(cell.strip() for row in table for cell in row))

    raw = read("".join(written(table, **dialect)).encode())

    assert raw.refused.is_empty()
    assert rows(raw) == [tuple(row) for row in table]


@settings(max_examples=150)
@given(tables(PROSE), DIALECTS, st.data())
def test_damaging_one_record_never_changes_another(table, dialect, data):
    records = written(table, **dialect)
    victim = data.draw(st.integers(1, len(table)))
    body = records[victim].removesuffix(dialect["lineterminator"]).encode()
    at = data.draw(st.integers(0, len(body)))
    dirt = data.draw(st.sampled_from([b"", b"\xff", *(c.encode() for c in ",;\t|\"'x")]))
    # A lost line end would make two lines one.
    assume(dirt or body[at : at + 1] not in (b"\n", b"\r"))
    damaged = body[:at] + dirt + body[at + (not dirt) :]
    before = read("".join(records).encode(), encoding="utf-8", **declared(dialect))
    contents = [record.encode() for record in records]
    contents[victim] = damaged + dialect["lineterminator"].encode()
    # A record of several lines that loses its last mark may leave its own lines as rows.
    first = sum(record.count("\n") for record in records[:victim]) + 1
    own = range(first, first + records[victim].count("\n"))

    after = read(b"".join(contents), encoding="utf-8", **declared(dialect))

    others = ~pl.col("__line").is_in(list(own))
    assert after.frame.filter(others).rows() == before.frame.filter(others).rows()
    assert after.refused.filter(others).is_empty()


@settings(max_examples=100)
@given(st.lists(st.one_of(PROSE, st.just('x"')), min_size=20, max_size=60), st.integers(40, 400))
def test_a_large_file_reads_the_same_in_blocks_as_at_once(cells, block):
    lines = [f'{i},"{cell}",{cell}' for i, cell in enumerate(cells)]
    content = "\n".join(["n,nota,altro", *lines]).encode()
    declared = {"separator": ",", "quote": '"', "encoding": "utf-8"}
    with pytest.MonkeyPatch.context() as limits:
        # A record is never longer than a block, here as there.
        limits.setattr(csv_rows, "MAX_LINE_BYTES", 40)
        at_once = read(content, **declared)
        limits.setattr(csv_rows, "_BLOCK_BYTES", block)

        in_blocks = read(content, **declared)

    assert in_blocks.frame.equals(at_once.frame)
    assert in_blocks.refused.equals(at_once.refused)
