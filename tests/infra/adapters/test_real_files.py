import gzip
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from infra.adapters.file import FileAdapter
from infra.adapters.opening import open_arrivals
from infra.adapters.raw import RawRows
from infra.arrivals import Payload
from infra.windows import Window

DATA = Path(__file__).parents[3] / "../shared/data"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the recorded real files are not beside the code"),
]


def read(name: str, **declared: Any) -> RawRows:
    adapter = FileAdapter(protocol="file", url=str(DATA / name), **declared)
    return open_arrivals(adapter.pull(Window.always()), adapter)


def test_every_filled_line_of_every_real_csv_is_a_row_or_refused():
    wrong = []
    for path in sorted(DATA.rglob("*.csv*")):
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        lines = sum(1 for line in content.splitlines() if line.strip())

        raw = read(str(path.relative_to(DATA)))

        if raw.frame.height + raw.refused.height != lines - 1:
            wrong.append(path.name)
    assert wrong == []


def test_bologna_loops_become_half_hours_and_a_loop_that_is_down_is_no_zero():
    melt = {"columns": r"^\d+\.\d\d - \d+\.\d\d$", "name": "ora", "value": "veicoli"}

    frame = read("traffic/bologna_spire_viali_to_2021h1.csv.gz", melt=melt).frame

    assert frame.height == 2540 * 48
    assert frame["veicoli"].null_count() == 14_749
    sums = frame.group_by("__line").agg(pl.col("veicoli").cast(pl.Int64).sum(), pl.first("tot"))
    assert sums.filter(pl.col("veicoli") != pl.col("tot").cast(pl.Int64)).is_empty()


def test_trento_counts_are_windows_1252_and_add_up():
    frame = read("traffic/trentino_traffico_2015.csv.gz").frame

    classes = frame.columns[6:15]
    total = pl.sum_horizontal(pl.col(classes).cast(pl.Float64))
    assert frame.filter(total != pl.col("Totale").cast(pl.Float64)).is_empty()
    letters = "".join(frame["localita"].unique().drop_nulls())
    assert {letter for letter in letters if letter > "\x7f"} <= set("àèéìòùÀÈÉÌÒÙ")


def test_a_stop_with_a_stray_quotation_mark_costs_one_line():
    with zipfile.ZipFile(DATA / "gtfs/trento_urbano_2018.zip") as archive:
        stops = archive.read("stops.txt")
    count = stops.count(b"\n") - 1
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("stops.txt", stops)

    adapter = FileAdapter(protocol="file", url="x.zip")
    raw = adapter.read([Payload("x.zip", out.getvalue(), datetime(2018, 1, 1, tzinfo=UTC))])

    assert raw.frame.height == count - 1
    assert raw.refused["__line"].to_list() == [869]


def test_codes_keep_their_zeros():
    frame = read("traffic/aci_incidenti_strade_provinciali_2014.csv.gz").frame

    assert frame["cReg"].str.len_chars().unique().to_list() == [2]
    assert frame["UnivCom"].str.len_chars().unique().to_list() == [6]


def test_yearly_files_of_growing_width_fit_together():
    raw = read("schema_drift/covid_regioni_*.csv")

    assert raw.frame.height == 6 * 21
    assert raw.frame.filter(pl.col("__payload") == 0)["codice_nuts_1"].null_count() == 21
    assert raw.refused.is_empty()


def test_the_comuni_of_brescia_come_with_their_shapes():
    frame = read("territory_brescia/comuni_brescia.geojson").frame

    assert frame.height == 205
    assert frame["geometry"].str.starts_with('{"type":').all()
