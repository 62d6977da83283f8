import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.atlas.figures import maps
from assets.atlas.indicator import Indicator, indicator_of
from assets.atlas.numbers import as_csv
from assets.atlas.page import indicator_page
from assets.atlas.places import Places, quarters_of
from assets.atlas.series import chart_of, series
from assets.atlas.site import atlas
from assets.atlas.summary import city_value
from assets.declaration import Declaration, given
from assets.derived_assets import find_declarations
from assets.maps import palette
from assets.twin import Twin
from assets.validity import VALIDITY
from infra.errors import TwinError
from infra.lake import TableSpec
from infra.settings import Settings
from tests.assets.atlas.reading import Seen, faults
from tests.assets.atlas.small_city import (
    CELL,
    DECLARATIONS,
    EVIL,
    FRAMES,
    HOUR,
    STANDARDS,
    declared,
    put,
    small_city,
    streets,
)
from tests.assets.atlas.small_city import DUST as DUST_SAID

CELLS, DUST = "gold/risk/risk_by_cell", "gold/air/hourly_dust_by_station"
SECTIONS, STREETS = "gold/services/score_by_section", "gold/safety/danger_by_segment"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return small_city(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def files(twin: Twin) -> dict[str, str]:
    return atlas(DECLARATIONS, twin, say=str)


def page_of(files: Mapping[str, str], key: str) -> str:
    return files[key.removeprefix("gold/").replace("/", "-") + ".html"]


def classes_on_map(html: str) -> dict[str, str]:
    """The class of each place, by what its title says."""
    found = re.findall(r"class='p k(.)'[^>]*><title>([^<]*)</title>", html)
    return {title: colour for colour, title in found}


def test_every_page_is_well_formed_loads_nothing_and_can_be_read_aloud(files):
    pages = {name: text for name, text in files.items() if name.endswith(".html")}

    wrong = [one for name, html in pages.items() for one in faults(name, html, files)]

    assert len(pages) == len(DECLARATIONS) + 1
    assert wrong == []


def test_the_checks_of_pages_find_what_they_are_for(files):
    html = page_of(files, CELLS)
    broken = {
        "id main twice": html.replace("<main", "<p id='main'></p><main"),
        "leads nowhere": html.replace("#mappa'", "#mappe'"),
        "names another site": html.replace("<footer>", "<footer><a href='https://x.it'>x</a>"),
        "an svg has no name": html.replace("aria-labelledby='mappa-0-t'", ""),
        "its policy forbids its own script": html.replace("'use strict'", "'use stric'"),
        "a th has no scope": html.replace("<th scope='col'>", "<th>"),
        "h2 is followed by": html.replace("<h3>", "<h4>").replace("</h3>", "</h4>"),
    }

    for words, page in broken.items():
        assert any(words in one for one in faults("p", page, files)), words


@pytest.mark.parametrize("key", FRAMES)
def test_every_number_of_a_page_is_in_its_table_without_a_script(files, key):
    frame, measured = FRAMES[key](), DECLARATIONS[key].measured
    rows = frame.filter(pl.col(measured.period) == frame[measured.period].max()) if (
        measured.period
    ) else frame  # fmt: skip
    table = next(
        one for one in Seen(page_of(files, key)).all("table") if "numeri" in one.text.lower()
    )

    for value in measured.values:
        for number in rows[value].drop_nulls():
            shown = 100 * number if value.endswith("_ratio") else number
            assert f"{shown:,.4g}".translate(str.maketrans(",.", ".,")) in table.text
    assert table.text.count("✓") + table.text.count("≈") + table.text.count("–") >= rows.height


def test_the_city_page_leads_to_every_indicator_under_its_theme(files):
    index = Seen(files["index.html"])

    links = {one.its["href"] for one in index.all("a")}
    assert {name for name in files if name.endswith(".html")} - links == {"index.html"}
    assert [one.text for one in index.all("h2")] == [
        "Aria", "Acqua", "Verde", "Servizi e tempi della città", "Sicurezza", "Rischi", "Economia",
    ]  # fmt: skip
    assert "Non ancora calcolato" in index.text()


def test_an_indicator_without_rows_says_so_and_still_says_how_it_is_computed(files):
    html = page_of(files, "gold/water/never_computed")

    assert "non ha ancora righe" in html
    assert "Versione del metodo" in html
    assert "water-never_computed.csv" not in files


def test_rows_of_an_earlier_method_are_told_with_what_it_read_or_not_at_all(tmp_path):
    twin = small_city(tmp_path)
    key = "gold/green/green_by_quarter"
    reads = {"standards": "bronze/definitions/drought_bands"}
    gives = {name: given("A column.", "standards.band_code") for name in DECLARATIONS[key].gives}
    another = replace(DECLARATIONS[key], reads=reads, gives=gives)
    wider = replace(DECLARATIONS[key], gives=DECLARATIONS[key].gives | {"new_m2": given("New.")})

    read_another, gives_more = (
        indicator_of(one, DECLARATIONS, twin=twin, quarters=Places()) for one in (another, wider)
    )

    assert [one.table for one in read_another.made.inputs] == [STANDARDS]
    assert "con il metodo di ora" in indicator_page(gives_more, quarters=Places(), twin=twin)


def test_an_empty_lake_gives_a_page_for_every_indicator_there_is(tmp_path):
    declarations = find_declarations()

    files = atlas(declarations, Twin.here(Settings.load({}, tmp_path)), say=str)

    pages = [name for name in files if name.endswith(".html")]
    assert len(pages) == 1 + sum(key.startswith("gold/") for key in declarations)
    assert [one for name in pages for one in faults(name, files[name], files)] == []


def test_the_same_lake_gives_the_same_bytes_and_rows_in_another_order_the_same_pictures(
    twin, tmp_path, files
):
    quarters = quarters_of(twin)
    other = small_city(tmp_path)
    for key, frame in FRAMES.items():
        put(other, key, frame().reverse())

    assert atlas(DECLARATIONS, twin, say=str) == files
    for key in FRAMES:
        here, there = (
            indicator_of(DECLARATIONS[key], DECLARATIONS, twin=one, quarters=quarters)
            for one in (twin, other)
        )
        assert maps(here, quarters) == maps(there, quarters)
        assert series(here) == series(there)
        assert as_csv(here) == as_csv(there)


def test_names_that_look_like_markup_stay_names(files):
    html = page_of(files, DUST)

    assert len(Seen(html).all("script")) == 0
    assert EVIL in Seen(html).text()


def test_what_a_script_reads_does_not_end_its_element(twin, tmp_path):
    other = small_city(tmp_path)
    names = pl.DataFrame({"section_id": ["S1", "S2"], "section_name": [EVIL, "x"],
                          "lat_deg": [45.5, 45.6], "lng_deg": [10.2, 10.3]})  # fmt: skip
    put(other, "silver/prova/named", names)
    measured = replace(DECLARATIONS[SECTIONS].measured, shapes="silver/prova/named")
    one = indicator_of(
        replace(DECLARATIONS[SECTIONS], measured=measured), DECLARATIONS,
        twin=other, quarters=Places(),
    )  # fmt: skip

    seen = Seen(indicator_page(one, quarters=Places(), twin=other))

    data = next(each for each in seen.all("script") if each.its.get("id") == "dati")
    assert json.loads(data.text)["luoghi"][0] == EVIL
    assert len(seen.all("script")) == 2


def test_the_map_has_every_place_in_the_colour_of_its_class_and_the_quarter_in_its_name(files):
    found = classes_on_map(page_of(files, CELLS).partition("data-v='1'")[0])

    assert len(found) == 37
    assert [title for title, colour in found.items() if colour == "n"] == [
        title for title in found if title.endswith("senza valore")
    ]
    assert any(title.startswith(f"{CELL}, Alta: ") for title in found)
    by_colour = {
        colour: [float(title.rpartition(": ")[2].removesuffix(" %").replace(",", "."))
                 for title, its in found.items() if its == colour]
        for colour in "01234"
    }  # fmt: skip
    assert all(max(by_colour[low]) < min(by_colour[high]) for low, high in ("01", "12", "23", "34"))


def test_where_little_is_bad_the_least_is_darkest(files):
    assert classes_on_map(page_of(files, "gold/green/green_by_quarter")) == {
        "Bassa: 12,5 m²": "4",
        "Alta: 1.234 m²": "0",
    }


def test_north_is_up_on_a_map_of_streets(files):
    html = page_of(files, STREETS)

    heights = [int(y) for y in re.findall(r"class='p k.' d='M\d+ (\d+)", html)]
    assert heights == sorted(heights, reverse=True)
    assert "Via Milano (E7), Alta: 3,5" in html
    # Each is drawn dark under its colour: the palest could not be seen on white.
    assert Seen(html).ids.count("vie") == html.count("class='orlo'") == 1


def test_every_code_can_be_chosen_and_has_the_numbers_of_its_rows(files):
    seen = Seen(page_of(files, SECTIONS))

    data = json.loads(next(one.text for one in seen.all("script") if one.its.get("id") == "dati"))
    assert [each.text for each in seen.all("option")] == [
        "Il valore peggiore di ogni sezione di censimento",
        "Domenica 07-09",
        "Giorno feriale 07-09",
    ]
    assert [each["numeri"] for each in data["viste"]] == [
        [[0.25, 0.5]], [[0.5, 0.5]], [[0.25, 0.75]],
    ]  # fmt: skip


def test_a_series_tells_its_lines_in_words_and_leaves_gaps(files):
    seen = Seen(page_of(files, DUST))

    told = next(one.text for one in seen.all("desc"))
    assert told.startswith("Dal 24 marzo 2025, ore 9:00 al 25 marzo 2025, ore 14:00.")
    assert "Badia: minimo 21 µg/m³ (24 marzo 2025, ore 9:00)" in told
    lines = [one for one in seen.all("path") if one.its.get("class") == "linea"]
    # Two lines of two pieces each, and a sample of both in the legend.
    assert len(lines) == 6
    assert "24 marzo 2025, ore 21:00" in seen.text()


def hours_of(count: int, *, codes: int = 1) -> tuple[Declaration, pl.DataFrame]:
    """So many stations with so many codes each, over three hours."""
    frame = pl.concat(
        FRAMES[DUST]().filter(pl.col("station_id") == "B").head(3).with_columns(
            station_id=pl.lit(f"S{n:02}"), station_name=pl.lit(f"Nome {n}"),
            kind_code=pl.lit(f"k{c}"), dust_ugm3=pl.lit(10.0 * n + c), dust_low_ugm3=pl.lit(0.0),
            dust_high_ugm3=pl.lit(999.0),
        )
        for n in range(count)
        for c in range(codes)
    )  # fmt: skip
    return declared(
        "gold/air/hourly_dust_by_station", frame, entity="station_id", geometry="point",
        values={"dust_ugm3": DUST_SAID}, by=("kind_code",), period="hour_at", grain="hour",
    ), frame  # fmt: skip


@pytest.mark.parametrize(
    ("stations", "codes", "lines", "words"),
    [
        (1, 1, 1, "Luogo: Nome 0; la fascia chiara è l'intervallo al 90 %."),
        (3, 1, 3, "Una linea per luogo."),
        (3, 2, 2, "La media dei luoghi, una linea per kind."),
        (9, 1, 1, "La linea è la media dei luoghi; la fascia va dal minimo al massimo."),
        (2, 9, 1, "ogni luogo con il suo valore peggiore"),
    ],
)
def test_a_series_has_a_line_a_place_or_a_code_or_one_of_all(
    tmp_path, stations, codes, lines, words
):
    declaration, frame = hours_of(stations, codes=codes)
    twin = small_city(tmp_path)
    put(twin, declaration.key, frame)
    one = indicator_of(declaration, DECLARATIONS, twin=twin, quarters=Places())

    _, drawn, what = chart_of(one, "dust_ugm3")

    assert words in what
    assert len(drawn.lines) == lines
    if (stations, codes) == (9, 1):
        assert (drawn.lines[""], drawn.low, drawn.high) == ([40.0] * 3, [0.0] * 3, [80.0] * 3)
    if (stations, codes) == (3, 2):
        assert list(drawn.lines.values()) == [[10.0] * 3, [11.0] * 3]
    if (stations, codes) == (2, 9):
        assert drawn.lines[""] == [13.0] * 3


def test_what_an_indicator_asks_to_be_drawn_is_drawn_and_where_it_is_not_there_the_worst(tmp_path):
    declaration, frame = hours_of(2, codes=2)
    twin = small_city(tmp_path)
    put(twin, declaration.key, frame)

    def with_drawn(kind: str) -> Indicator:
        measured = replace(declaration.measured, drawn={"kind_code": kind})
        asked = replace(declaration, measured=measured)
        return indicator_of(asked, DECLARATIONS, twin=twin, quarters=Places())

    there, gone = with_drawn("k0"), with_drawn("nowhere")

    assert there.view().name == "k0"
    assert there.view().rows["dust_ugm3"].sort().to_list() == [0.0, 10.0]
    assert gone.view().rows["dust_ugm3"].sort().to_list() == [1.0, 11.0]
    assert chart_of(gone, "dust_ugm3")[1].numbers


def test_of_rows_with_a_total_the_city_has_the_total_and_no_mean(tmp_path):
    twin = small_city(tmp_path)
    frame = FRAMES["gold/economy/yearly_equality"]()
    put(twin, "gold/economy/yearly_equality", pl.concat(
        [frame, frame.head(1).with_columns(category_code=pl.lit("totale"), gini_index=pl.lit(0.7))]
    ))  # fmt: skip

    one = indicator_of(
        DECLARATIONS["gold/economy/yearly_equality"], DECLARATIONS, twin=twin, quarters=Places()
    )

    assert city_value(one, "gini_index").figure == "0,7"
    assert city_value(one, "gini_index").what == "di tutti insieme"


def test_places_without_a_position_have_bars_the_worst_twenty_first(tmp_path):
    declaration, frame = hours_of(25)
    twin = small_city(tmp_path)
    put(twin, declaration.key, frame.with_columns(lat_deg=pl.lit(None, pl.Float64)))

    one = indicator_of(declaration, DECLARATIONS, twin=twin, quarters=Places())
    html = maps(one, Places())

    assert "(i 20 peggiori di 25)" in html
    assert re.findall(r"<li><span>([^<]*)</span>", html)[:2] == ["Nome 24", "Nome 23"]


def test_small_maps_colour_every_class_without_what_only_large_ones_have(files):
    index = files["index.html"]
    solid = re.findall(r"\.male \.piccola \.k4[^{]*\{fill:(#\w+)\}", index)

    assert solid == [palette(is_high_bad=True)[-1]]
    assert "id='male'" not in index


def test_an_interval_stands_beside_its_value_and_its_absence_has_a_reason(files):
    dust, green = page_of(files, DUST), page_of(files, "gold/green/green_by_quarter")

    assert "Intervallo al 90 %" in dust
    assert "<td>48 – 52</td>" in dust
    assert "senza intervallo, perché è un conteggio." in green


def test_a_page_says_from_which_versions_its_numbers_came(files):
    text = Seen(page_of(files, DUST)).text()

    for words in (
        "bronze/definitions/green_standards",
        "contratto definitions/green_standards",
        "r-1",
        "Definizione in vigore dal1 ottobre 2024",
        "Nobody (1999), On nothing.",
        "gemello explain gold/air/hourly_dust_by_station --key station_id=B "
        "--key hour_at=2025-03-25T13:00:00Z",
    ):
        assert words in text, words


def test_the_file_beside_a_page_has_all_its_numbers(files):
    name = "risk-risk_by_cell.csv"
    rows = pl.read_csv(
        io.StringIO(files[name].removeprefix("\ufeff")), separator=";", decimal_comma=True
    )

    expected = FRAMES[CELLS]().sort("cell_id")
    assert rows.sort("cell_id")["risk_ratio"].to_list() == expected["risk_ratio"].to_list()
    assert rows["quarter_name"].unique().to_list() == ["Alta"]


def test_a_period_that_has_only_begun_does_not_hide_the_one_before(tmp_path):
    twin = small_city(tmp_path)
    frame = FRAMES[DUST]()
    begun = frame.filter(pl.col("hour_at") == frame["hour_at"].max()).with_columns(
        hour_at=pl.col("hour_at").dt.offset_by("1h"), dust_ugm3=pl.lit(None, pl.Float64),
        quality_code=pl.lit("no_data"),
    )  # fmt: skip
    put(twin, DUST, pl.concat([frame, begun]))

    one = indicator_of(DECLARATIONS[DUST], DECLARATIONS, twin=twin, quarters=Places())

    assert one.rows["dust_ugm3"].to_list() == [49.0, 50.0]
    html = indicator_page(one, quarters=Places(), twin=twin)
    assert "Il periodo dopo (25 marzo 2025, ore 15:00) non ha ancora valori." in html


def test_a_quarter_that_was_renamed_goes_by_its_name_of_now(tmp_path):
    twin = Twin.here(Settings.load({}, tmp_path))
    table = "silver/territory/quarters"
    now = pl.read_delta(small_city(tmp_path / "city").lake.uri(table)).drop(VALIDITY)
    former = now.with_columns(pl.format("{} di prima", "quarter_name").alias("quarter_name"))
    for at, frame in ((HOUR, former), (HOUR + timedelta(days=1), now)):
        twin.lake.merge_history(
            table, frame, primary_key=["quarter_id"], at=at, spec=TableSpec(now.schema),
            notes={}, mark=at.day,
        )  # fmt: skip

    assert twin.lake.read(table).select(pl.len()).collect().item() == 4
    assert quarters_of(twin).names == {"Q1": "Bassa", "Q2": "Alta"}


def test_nobody_is_placed_by_a_table_of_persons(twin):
    measured = replace(
        DECLARATIONS[STREETS].measured, shapes="bronze/brescia_mobilita/parking_sessions"
    )
    put(twin, "bronze/brescia_mobilita/parking_sessions", pl.DataFrame(
        {"edge_id": ["E0"], "lat_deg": [45.5], "lng_deg": [10.2]}
    ))  # fmt: skip

    one = indicator_of(
        replace(DECLARATIONS[STREETS], measured=measured), DECLARATIONS,
        twin=twin, quarters=Places(),
    )  # fmt: skip

    assert one.places.shapes == {}


def test_only_indicators_have_a_page(twin):
    declarations = find_declarations()

    with pytest.raises(TwinError, match="is no indicator"):
        indicator_of(
            declarations["silver/territory/quarters"], declarations, twin=twin, quarters=Places()
        )


def test_a_page_of_six_thousand_streets_is_small_enough_to_send(tmp_path):
    twin = small_city(tmp_path)
    count = 6000
    put(twin, STREETS, pl.concat([streets()] * (count // 8)).with_columns(
        edge_id=pl.format("E{}", pl.int_range(count)),
        danger_index=pl.int_range(count).cast(pl.Float64) / 7,
    ))  # fmt: skip
    ways = pl.read_delta(twin.lake.uri("silver/prova/streets"))
    put(twin, "silver/prova/streets", pl.concat([ways] * (count // 8)).with_columns(
        edge_id=pl.format("E{}", pl.int_range(count))
    ))  # fmt: skip
    quarters = quarters_of(twin)

    one = indicator_of(DECLARATIONS[STREETS], DECLARATIONS, twin=twin, quarters=quarters)
    html = indicator_page(one, quarters=quarters, twin=twin)

    ways = "".join(re.findall(r"<path class='k.' d='([^']*)'", html))
    assert ways.count("M") == count
    assert len(html.encode()) < 400_000


def test_a_page_lies_beside_what_it_links_to(files, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    links = {
        link.partition("#")[0]
        for name, text in files.items()
        if name.endswith(".html")
        for link in re.findall(r"href='([^'#][^']*)'", text)
    }
    assert [link for link in links if not Path(tmp_path / link).is_file()] == []
