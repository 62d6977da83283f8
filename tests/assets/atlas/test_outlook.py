from datetime import date, timedelta
from html import unescape
from pathlib import Path

import polars as pl
import pytest

from assets.atlas.indicator import indicator_of
from assets.atlas.outlook import outlook
from assets.atlas.page import indicator_page
from assets.atlas.places import Places
from assets.derived_assets import find_declarations
from assets.twin import Twin
from infra.settings import Settings
from tests.assets.atlas.reading import faults
from tests.assets.atlas.small_city import put
from tests.assets.forecast_frames import FIRST, hours_of, issued, noisy

DECLARATIONS = find_declarations()
FORECAST = "gold/mobility/hourly_traffic_forecast_by_detector"
STATE = "gold/mobility/hourly_traffic_state"
LEDGER = "gold/actions/daily_forecast_score_by_target"


def forecasts(days: int) -> pl.DataFrame:
    values = noisy(days)
    values[1] += 500
    return issued(hours_of(days, values), FIRST + timedelta(days=days - 1))


def outlook_of(folder: Path, *, days: int, ledger: pl.DataFrame | None = None) -> str:
    twin = Twin.here(Settings.load({}, folder))
    put(twin, FORECAST, forecasts(days))
    if ledger is not None:
        put(twin, LEDGER, ledger)
    one = indicator_of(DECLARATIONS[STATE], DECLARATIONS, twin=twin, quarters=Places())
    return outlook(one, DECLARATIONS, twin)


def test_the_page_of_the_traffic_shows_what_is_expected_where_most_is(tmp_path: Path) -> None:
    html = outlook_of(tmp_path, days=60)

    text = unescape(html)
    assert "Veicoli previsti nell'ora: D01" in text
    assert "Per 2 luoghi su 2 vale il modello" in text
    assert html.count("class='fascia'") == 2
    assert "</svg> Lo stesso, ripetendo la settimana prima</li>" in html
    assert "Dove manca un intervallo" not in text


def test_a_forecast_of_the_first_days_says_that_it_is_naive_and_has_no_band(tmp_path: Path) -> None:
    html = outlook_of(tmp_path, days=2)

    assert "class='fascia'" not in html
    assert "non ha ancora mostrato di sbagliare meno" in html
    assert "</svg> Lo stesso" not in html
    assert "Dove manca un intervallo" in html


def test_how_often_the_truth_lay_in_the_intervals_is_told_of_the_last_weeks(tmp_path: Path) -> None:
    ledger = pl.DataFrame(
        {
            "target_code": ["traffic_flow", "traffic_flow", "pm10"],
            "scored_on": [date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 2)],
            "coverage_80_ratio": [0.9, 0.7, 0.1],
            "coverage_95_ratio": [None, 1.0, 0.1],
            "observations_count": [30, 10, 99],
        }
    )

    html = outlook_of(tmp_path, days=2, ledger=ledger)

    # (30 · 0.9 + 10 · 0.7) / 40
    assert "85 % in quella più scura (80 attesi), 100 % in quella più chiara (95 attesi)" in html


def test_a_forecast_of_which_nothing_was_scored_yet_has_its_page_beside_others(
    tmp_path: Path,
) -> None:
    ledger = pl.DataFrame(
        {
            "target_code": ["pm10"],
            "scored_on": [date(2025, 3, 2)],
            "coverage_80_ratio": [0.1],
            "coverage_95_ratio": [0.1],
            "observations_count": [99],
        }
    )

    html = outlook_of(tmp_path, days=2, ledger=ledger)

    assert "Veicoli previsti" in html
    assert "dei casi" not in html


@pytest.mark.parametrize("days", [2, 60])
def test_the_page_of_a_forecast_can_be_read_by_everybody(tmp_path: Path, days: int) -> None:
    twin = Twin.here(Settings.load({}, tmp_path))
    put(twin, FORECAST, forecasts(days))
    one = indicator_of(DECLARATIONS[FORECAST], DECLARATIONS, twin=twin, quarters=Places())

    page = indicator_page(
        one, quarters=Places(), twin=twin, outlook=outlook(one, DECLARATIONS, twin)
    )

    assert "Che cosa ci si aspetta" in page
    files = {"index.html": "<main id='mobility'></main>", f"{one.page}.csv": "", "p.html": page}
    assert faults("p.html", page, files) == []
