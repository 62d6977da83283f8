from datetime import UTC, date, datetime
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.atlas.classes import Classes, shortened
from assets.atlas.lines import Chart, axis, chart, spark
from assets.atlas.units import readable
from assets.atlas.words import THEMES, code, column, moment, span, tick
from assets.declaration import THEMES as DECLARED
from assets.derived_assets import find_declarations
from assets.maps import class_breaks
from quality.report.look import number

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
ELEVEN = datetime(2025, 6, 11, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("1", ""), ("kW.h", "kWh"), ("ug/m3", "µg/m³"), ("m2", "m²"), ("Cel", "°C"),
        ("kW.h/m2", "kWh/m²"), ("10*-6/km", "per milione di km"), ("/km/a", "per km e anno"),
        ("/h", "per ora"), ("10*-6/m2", "10⁻⁶/m²"), ("a", "anni"),
        ("{veicoli}/h", "veicoli/h"), ("%", "%"), ("kg/a", "kg/anno"), ("mm", "mm"), ("EUR", "€"),
        ("u", "u"),
    ],
)  # fmt: skip
def test_units_are_written_as_people_read_them(unit, said):
    assert readable(unit) == said


def test_of_one_year_there_are_not_several():
    assert (readable("a", amount=1.0), readable("a", amount=1.5)) == ("anno", "anni")


def test_no_unit_of_an_indicator_stays_as_the_machine_writes_it():
    units = {
        value.unit
        for one in find_declarations().values()
        if one.measured
        for value in one.measured.values.values()
    }

    assert {unit for unit in units if set("*{}.0123456789") & set(readable(unit))} == set()


def test_every_theme_has_a_name():
    assert set(THEMES) == set(DECLARED)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("weekday_07_09", "giorno feriale 07-09"), ("PM2.5", "PM2.5"), (24, "24"),
        ("casa della comunità", "casa della comunità"), ("rain", "pioggia"),
    ],
)  # fmt: skip
def test_codes_are_told_in_words_where_they_are_known(value, said):
    assert code(value) == said


def test_headings_of_columns_are_known_or_their_own_name():
    assert (column("pollutant_code"), column("kind_of_thing_code")) == (
        "Inquinante", "Kind of thing",
    )  # fmt: skip


def test_times_are_those_of_the_citys_clock():
    assert moment(ELEVEN, "hour") == "12 giugno 2025, ore 0:00"
    assert (tick(ELEVEN, "hour"), tick(datetime(2025, 6, 11, 21, tzinfo=UTC), "hour")) == (
        "12/6", "",
    )  # fmt: skip
    assert (moment(date(2025, 6, 1), "month"), moment(date(2025, 1, 1), "year")) == (
        "giugno 2025", "2025",
    )  # fmt: skip


def test_days_of_eight_and_eleven_take_their_own_article():
    assert span(date(2025, 6, 8), date(2025, 6, 12), "day") == (
        "dall'8 giugno 2025 al 12 giugno 2025"
    )
    assert span(date(2025, 1, 1), date(2025, 5, 1), "month") == "da gennaio 2025 a maggio 2025"


@pytest.mark.parametrize(
    ("value", "said"),
    [(1234.5, "1.234"), (0.123456, "0,1235"), (25_123.4, "25.123"), (3.0, "3"), (-7.25, "-7,25")],
)
def test_numbers_are_written_as_italians_do_and_never_as_powers(value, said):
    assert number(value) == said


def test_fewer_digits_are_asked_for_where_there_is_little_room():
    assert (number(109.94, digits=3), number(2699.4, digits=3)) == ("110", "2.699")


@given(st.lists(NUMBERS, min_size=1, max_size=60))
def test_limits_told_in_few_digits_leave_no_class_empty(values):
    series = pl.Series(values)
    breaks = shortened(series, class_breaks(series))

    assert len(breaks) == len(class_breaks(series))
    for low, high in pairwise([float("-inf"), *breaks, float("inf")]):
        assert any(low <= one < high for one in values)


@given(st.lists(NUMBERS, min_size=2, max_size=60), st.sampled_from([True, False, None]))
def test_darker_is_always_further_towards_where_to_look(values, is_high_bad):
    classes = Classes.of(pl.Series(values), is_high_bad=is_high_bad)

    colours = [classes.colour(one) for one in sorted(values)]
    assert colours == sorted(colours, reverse=is_high_bad is False)
    assert classes.colour(None) is None


def test_classes_of_whole_numbers_say_both_ends():
    classes = Classes.of(pl.Series(range(10)), is_high_bad=True)

    assert classes.names(lambda one: f"{one:g}", is_whole=True) == [
        "meno di 2", "da 2 a 3", "4", "da 5 a 6", "7 o più",
    ]  # fmt: skip


@given(NUMBERS, NUMBERS)
def test_an_axis_holds_what_is_drawn_in_few_even_steps(one, other):
    low, high = min(one, other), max(one, other)

    marks = axis(low, high)

    reach = max(abs(low), abs(high), 1e-9)
    assert marks[0] <= low + 1e-9 * reach
    assert marks[-1] >= high - 1e-9 * reach
    assert 2 <= len(marks) <= 8
    assert marks == sorted(marks)


def test_a_line_with_a_gap_is_drawn_in_two_pieces_and_a_lone_number_as_a_dot():
    drawn = Chart(["1", "2", "3", "4"], {"": [1.0, 2.0, None, 3.0]})

    svg = chart(drawn, id_="c", title="T", desc="D", said=str)

    lines = [part for part in svg.split("<path")[1:] if "class='linea'" in part]
    assert len(lines) == 2
    assert "h.1" in lines[1]


def test_of_a_single_number_there_is_no_line():
    assert spark([None, 2.0, None], title="x") == ""
    assert "M2.0 6.0" not in spark([1.0, 2.0], title="x")
