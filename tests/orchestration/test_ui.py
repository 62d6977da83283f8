import os
import shutil
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.orchestration.browser import Page, browser
from tests.orchestration.faulty_city import FISCAL_CODE, FaultyCity

pytestmark = [
    pytest.mark.server,
    pytest.mark.longest,
    # One process has them all: the city that goes wrong is made once.
    pytest.mark.xdist_group("ui"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]

GOLD = "gold/air/hourly_european_air_quality_index"
AIR = "bronze/arpa_lombardia/air_quality"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("ui")
    city = FaultyCity(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = city.pages(port, folder / "ui.log")
    try:
        yield _ready(f"http://127.0.0.1:{port}")
    finally:
        os.killpg(process.pid, 2)
        process.wait(60)


def _ready(url: str) -> str:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/server_info", timeout=5):
                return url
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the pages did not come up")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browser(tmp_path) as opened:
        yield opened


def open_check(page: Page, address: str, table: str, check: str) -> None:
    page.open(f"{address}/assets/{table}?view=checks&checkDetail={check}")
    page.wait_for_text("Latest execution")


def test_the_asset_graph_shows_every_group_of_the_city(address: str, page: Page):
    page.open(f"{address}/asset-groups")

    for group in ("a2a", "arpa_lombardia", "brescia_mobilita", "gold_air", "silver_mobility"):
        page.wait_for_text(group)
    assert page.errors == []


def test_tables_of_one_name_are_told_apart_in_the_graph_of_their_group(address: str, page: Page):
    page.open(f"{address}/locations/gemello/asset-groups/istat/lineage")

    for stage in ("Source", "Bronze", "quarantine"):
        page.wait_for_text(stage)
    page.wait_for("document.body.innerText.split('Materialized').length === 4")


def test_the_catalogue_says_what_each_table_is_in_plain_words(address: str, page: Page):
    page.open(f"{address}/assets")

    page.wait_for_text("Ricariche delle auto elettriche")
    assert "# Ricariche" not in page.text()
    assert "gemello" in page.text()


def test_a_gold_page_says_what_it_is_and_shows_its_picture(address: str, page: Page):
    page.open(f"{address}/assets/{GOLD}?view=overview")

    page.wait_for_text("Level of the worst pollutant")
    page.wait_for_text("Latest materialization")
    page.click("[Show Markdown]")
    width = page.wait_for(
        "[...document.images].filter(i => i.src.startsWith('data:image/svg')).map(i =>"
        " i.naturalWidth)[0]"
    )
    assert isinstance(width, int)
    assert width > 300


def test_a_column_of_a_gold_page_leads_to_the_publishers_column(address: str, page: Page):
    page.open(f"{address}/assets/{GOLD}?view=overview")

    page.wait_for_text("published as")
    said = page.wait_for(
        "[...document.querySelectorAll('li')].map(i => i.innerText)"
        ".find(t => t.startsWith('air_quality_level'))"
    )
    assert "silver/air/air_quality_observed value_ugm3" in str(said)
    assert "source/arpa_lombardia/air_quality valore" in str(said)
    link = "document.querySelector('a[href$=\"/source/arpa_lombardia/air_quality\"]')"
    page.open(str(page.run(f"{link}.href")))
    page.wait_for_text("Qualità dell'aria, misure orarie. Delivered by the publisher")


def test_a_bronze_page_shows_the_contract_and_the_treatment_of_each_column(
    address: str, page: Page
):
    page.open(f"{address}/assets/bronze/brescia_mobilita/parking_sessions?view=overview")

    page.wait_for_text("Soste nei parcheggi in struttura")
    page.wait_for_text("treatment: truncate_15m")
    page.wait_for_text("brescia-mobilita")


@pytest.mark.parametrize(
    ("table", "check", "says"),
    [
        ("arpa_lombardia/weather", "drift", ("lacks a declared column: 'idstazione'", "`earlier`")),
        (
            "brescia_mobilita/parking_sessions",
            "contract",
            ("paid_eur: outside 0 to 80 (first: file 1, line", "Show the publisher the lines"),
        ),
        ("a2a/heat_readings", "privacy", ("riferimento", "IT_FISCAL_CODE", "under dropped")),
    ],
)
def test_a_failed_check_says_what_is_wrong_and_what_to_do(
    address: str, page: Page, table: str, check: str, says: tuple[str, ...]
):
    open_check(page, address, f"bronze/{table}", check)

    for text in (*says, "what to do", f"Then: gemello run --select bronze/{table}"):
        page.wait_for_text(text)
    assert FISCAL_CODE not in page.text()


def test_a_check_that_another_one_stopped_says_which(address: str, page: Page):
    open_check(page, address, "bronze/arpa_lombardia/weather", "contract")

    page.wait_for_text("No verdict: the check drift stopped the delivery.")


def test_checks_of_a_publisher_that_is_gone_say_so(address: str, page: Page):
    open_check(page, address, AIR, "contract")

    page.wait_for_text("No verdict: nothing came.")
    page.wait_for_text(f"gemello run --select {AIR}")


def test_a_stale_gold_table_says_since_when_and_which_table_it_waits_for(address: str, page: Page):
    open_check(page, address, GOLD, "freshness")

    page.wait_for_text("Stale since")
    page.wait_for_text("It is made of silver/air/air_quality_observed (stale since")


def test_the_list_of_runs_says_what_each_was_asked_for(address: str, page: Page):
    page.open(f"{address}/runs")

    page.wait_for_text(f"gemello/asked_for: deliveries of {AIR}")
    page.wait_for_text('gemello/asked_for: computed tables of key:"bronze/arpa_lombardia')
