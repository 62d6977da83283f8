import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.orchestration.browser import Page, browser

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]

GOLD = "gold/air/hourly_european_air_quality_index"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("ui")
    environment = {**os.environ, "HOME": str(folder), "PYTHONWARNINGS": "ignore"}
    environment.pop("DAGSTER_HOME", None)
    gemello = [sys.executable, "-m", "orchestration.cli"]
    subprocess.run(
        [*gemello, "demo", "--days", "2"], cwd=folder, env=environment, check=True, timeout=300
    )
    _rename_a_column_of_the_weather(folder)
    failed = subprocess.run(
        [*gemello, "run", "--select", "bronze/arpa_lombardia/weather"],
        cwd=folder,
        env=environment,
        check=False,
        timeout=300,
    )
    assert failed.returncode == 1
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "ui.log").open("wb") as log:
        process = subprocess.Popen(
            [*gemello, "ui", "--port", str(port)],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _ready(f"http://127.0.0.1:{port}")
    finally:
        os.killpg(process.pid, 2)
        process.wait(60)


def _rename_a_column_of_the_weather(folder: Path) -> None:
    (newest, *_) = sorted((folder / ".gemello/sources/arpa_files/meteo").glob("*.csv"))
    text = newest.read_text(encoding="utf-8")
    newest.write_text(text.replace("idstazione", "codice", 1), encoding="utf-8")


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


def test_the_asset_graph_shows_every_group_of_the_city(address: str, page: Page):
    page.open(f"{address}/asset-groups")

    for group in ("a2a", "arpa_lombardia", "brescia_mobilita", "gold_air", "silver_mobility"):
        page.wait_for_text(group)
    assert page.errors == []


def test_a_gold_page_says_what_it_is_and_shows_its_picture(address: str, page: Page):
    page.open(f"{address}/assets/{GOLD}?view=overview")

    page.wait_for_text("Level of the worst pollutant")
    page.wait_for_text("100% filled" if "filled" in page.text() else "Latest materialization")
    page.click("[Show Markdown]")
    width = page.wait_for(
        "[...document.images].filter(i => i.src.startsWith('data:image/svg')).map(i =>"
        " i.naturalWidth)[0]"
    )
    assert isinstance(width, int)
    assert width > 300


def test_a_bronze_page_shows_the_contract_and_the_treatment_of_each_column(
    address: str, page: Page
):
    page.open(f"{address}/assets/bronze/brescia_mobilita/parking_sessions?view=overview")

    page.wait_for_text("Soste nei parcheggi in struttura")
    page.wait_for_text("treatment: truncate_15m")


def test_a_failed_check_says_what_is_wrong_and_what_to_do(address: str, page: Page):
    page.open(f"{address}/assets/bronze/arpa_lombardia/weather?view=checks&checkDetail=drift")

    page.wait_for_text("Failed")
    page.wait_for_text("idstazione")
    assert "arpa_lombardia/weather" in page.text()
