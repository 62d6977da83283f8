from datetime import date
from html import unescape

import polars as pl
import pytest
import shapely

from assets.atlas.actions import sheets, with_links
from assets.atlas.indicator import Indicator
from assets.atlas.places import Places
from assets.indicators.action_course import action_course
from assets.indicators.action_course import declaration as course
from assets.indicators.action_effect import action_effect
from assets.indicators.action_effect import declaration as effect
from assets.twin import Twin
from infra.lake import TableSpec
from infra.settings import Settings
from infra.simulator.city import City
from tests.assets.atlas.reading import faults
from tests.assets.indicators.test_action_effect import counted, inputs_of, registered
from tests.assets.simulated_actions import published

EVIL_PLACE = "Nord & <Centro>"
EVIL = "<script>alert('x')</script> & ciclabile"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("lake")
    twin = Twin.here(Settings.load({"GEMELLO_HOME": str(folder)}, folder=folder))
    read = inputs_of(
        register=registered(action_name=EVIL, action_id="AZ/50", decided_by_name="Giunta comunale"),
        bikes=counted(effect=1.35),
        published=published(City("small", 2, 1, date(2025, 3, 24)), "AZ-03"),
    )
    own = {name: read[name] for name in ("published", "register", "goals", "series")}
    rows = action_course(**own)
    spec = TableSpec(rows.schema, descriptions={}, statistics=(), description="")
    twin.lake.amend(course.key, lambda _: rows, spec=spec, notes={"run": "test"})
    measured = effect.measured
    assert measured is not None
    found = action_effect(**read)
    one = Indicator(effect, measured, found, pl.DataFrame(), Places(), None)
    square = shapely.box(10.1, 45.5, 10.3, 45.6)
    quarters = Places({"Q1": square, "Q2": shapely.box(10.3, 45.5, 10.4, 45.6)}, {"Q1": EVIL_PLACE})
    return sheets(one, twin, quarters=quarters) | {
        "list": with_links("<main id='main'></main>", one)
    }


def test_each_action_has_a_sheet_that_says_what_where_and_how_sure(pages: dict[str, str]):
    sheet = pages["azione-AZ_50.html"]

    for said in (
        "Ha funzionato",
        "Giunta",
        "Biciclette al giorno",
        "40 e 40 giorni misurati",
        "biciclette in più al giorno",
        "chi va in bicicletta dove si conta",
        "una differenza così si vedrebbe in non più di un caso su 1.000",
        "di più",
    ):
        assert said in unescape(sheet)
    assert "di un giorno atteso. Durante l'intervento" in sheet
    assert sheet.count("class='fascia'") == 1
    assert "<script>alert" not in sheet


def test_an_action_that_cannot_be_judged_says_why(pages: dict[str, str]):
    sheet = pages["azione-AZ-03.html"]

    assert "non ha ancora una serie di misure nel tempo" in sheet
    assert "Prima e dopo l&#x27;azione" not in sheet
    assert "0 e 0 giorni" not in sheet
    assert "non si può dire: manca la prova di un effetto" in unescape(sheet)
    # Where it is: in words, and on a map with the quarters.
    assert "Nord & <Centro> (entro 4.000 m da" in unescape(sheet)
    assert "<Centro>" not in sheet
    assert sheet.count("l&#x27;area dell&#x27;azione nella città") == 1
    assert "300.000 €" in sheet


def test_a_sheet_loads_nothing_and_can_be_read_aloud(pages: dict[str, str]):
    files = dict.fromkeys(("index.html", "actions-action_effect.html"), "") | pages

    wrong = [one for name in pages if name != "list" for one in faults(name, pages[name], files)]

    assert wrong == []


def test_the_page_of_the_indicator_leads_to_each_sheet(pages: dict[str, str]):
    assert pages["list"].count("<li>") == 2
    assert "href='azione-AZ_50.html'" in pages["list"]
