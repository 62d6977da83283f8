import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.atlas.site import atlas, write
from tests.assets.atlas.small_city import DECLARATIONS, small_city
from tests.orchestration.browser import Page, browser

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]

# axe-core (MPL-2.0), as .ci/run installs it apart.
AXE = os.environ.get("GEMELLO_AXE", "")
PHONE = 320
_FOCUSED = (
    "(() => { const e = document.activeElement; return e === document.body ? '' :"
    " e.tagName + ' ' + (e.id || e.getAttribute('href') || e.getAttribute('aria-label') ||"
    " e.textContent.slice(0, 40)); })()"
)
_ALL_FOCUSABLE = (
    "[...document.querySelectorAll('a[href],select,summary,[tabindex=\"0\"]')]"
    ".filter(e => e.checkVisibility()).map(e => e.tagName + ' ' + (e.id || e.getAttribute('href')"
    " || e.getAttribute('aria-label') || e.textContent.slice(0, 40)))"
)
# Texts on a picture, which axe does not judge: how far they are from white, behind all of them.
_DARKEST_ALLOWED = 4.5
_CONTRASTS = """
[...document.querySelectorAll('svg text')].map(e => {
  const [r, g, b] = getComputedStyle(e).fill.match(/[0-9.]+/g).map(c => {
    c = c / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05); })
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("atlas")
    write(folder / "site", atlas(DECLARATIONS, small_city(folder / "home"), say=str))
    return folder / "site"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


def pages(site: Path) -> list[Path]:
    return sorted(site.glob("*.html"))


def go(page: Page, file: Path, *, width: int = 1280) -> None:
    page.resize(width, 900)
    page.open(file.as_uri())
    page.wait_for("document.readyState === 'complete' && location.pathname.endsWith("
                  f"{json.dumps(file.name)})")  # fmt: skip


def test_no_page_breaks_its_own_policy_or_has_an_error(site: Path, page: Page):
    for file in pages(site):
        go(page, file)
        assert page.run("performance.getEntriesByType('resource').length") == 0

    assert page.errors == []
    assert page.complaints == []


@pytest.mark.skipif(not AXE, reason="GEMELLO_AXE names no axe.min.js")
@pytest.mark.parametrize("width", [1280, PHONE])
def test_axe_finds_nothing_on_any_page(site: Path, page: Page, width: int):
    script = Path(AXE).read_text(encoding="utf-8")
    found = {}
    for file in pages(site):
        go(page, file, width=width)
        page.run("document.querySelectorAll('details').forEach(e => e.open = true)")
        page.run(script)
        said = page.awaited(
            "axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify("
            "r.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)])))"
        )
        found[file.name] = json.loads(str(said))

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_texts_on_pictures_stand_out(site: Path, page: Page):
    for file in pages(site):
        go(page, file)

        contrasts = page.run(_CONTRASTS)

        assert isinstance(contrasts, list)
        assert min(contrasts, default=21) >= _DARKEST_ALLOWED


@pytest.mark.parametrize("name", ["index", "risk-risk_by_cell", "air-hourly_dust_by_station"])
def test_everything_can_be_reached_by_keyboard_in_the_order_of_the_page(
    site: Path, page: Page, name: str
):
    go(page, site / f"{name}.html")
    expected = page.run(_ALL_FOCUSABLE)
    assert isinstance(expected, list)

    reached = []
    for _ in expected:
        page.press("Tab")
        reached.append(page.run(_FOCUSED))

    assert reached == expected
    assert reached[0] == "A #main"


def test_what_has_the_focus_is_seen_to_have_it(site: Path, page: Page):
    go(page, site / "risk-risk_by_cell.html")

    seen = set()
    for _ in range(12):
        page.press("Tab")
        seen.add(page.run("getComputedStyle(document.activeElement).outlineStyle"))

    assert seen == {"solid"}


@pytest.mark.parametrize("width", [PHONE, 768, 1280])
def test_no_page_is_wider_than_its_screen(site: Path, page: Page, width: int):
    for file in pages(site):
        go(page, file, width=width)

        assert page.run("document.documentElement.scrollWidth") <= width, file.name


def test_choosing_a_value_shows_its_map_alone(site: Path, page: Page):
    go(page, site / "risk-risk_by_cell.html")
    shown = "[...document.querySelectorAll('figure[data-v]')].map(e => e.checkVisibility())"

    before = page.run(shown)
    page.run("document.getElementById('quale-valore').focus()")
    page.press("ArrowDown")

    assert before == [True, False]
    assert page.run(shown) == [False, True]


def test_choosing_a_code_colours_the_map_and_says_its_numbers(site: Path, page: Page):
    go(page, site / "services-score_by_section.html")
    places = (
        "[...document.querySelectorAll('.p')].map(e => e.getAttribute('class') + ' ' +"
        " e.querySelector('title').textContent)"
    )

    before = page.run(places)
    page.run("document.getElementById('quale-codice').focus()")
    page.press("ArrowDown")

    assert before == ["p k4 S1, Bassa: 25 %", "p k2 S2, Bassa: 50 %"]
    assert page.run(places) == ["p k2 S1, Bassa: 50 %", "p k2 S2, Bassa: 50 %"]
    assert page.run("document.querySelector('.vista').textContent") == "domenica 07-09"
    assert page.run("document.querySelector('[data-k=\"2\"]').textContent") == "(2)"


def test_on_paper_every_map_and_every_table_is_there(site: Path, tmp_path: Path):
    with browser(tmp_path) as page:
        go(page, site / "risk-risk_by_cell.html")
        page.print_media()

        assert page.run(
            "[...document.querySelectorAll('figure[data-v]')].every(e => e.checkVisibility())"
        )
        assert page.run("[...document.querySelectorAll('details table')].every(e =>"
                        " e.getBoundingClientRect().height > 40)")  # fmt: skip
        assert page.run("document.querySelector('.scelte').checkVisibility()") is False


def test_without_scripts_every_map_is_there_and_nothing_to_choose(site: Path, tmp_path: Path):
    with browser(tmp_path) as page:
        page.without_scripts()
        page.resize(1280, 900)
        page.open((site / "risk-risk_by_cell.html").as_uri())
        page.wait_for_text("Quanto è affidabile")

        assert page.run(
            "[...document.querySelectorAll('figure[data-v]')].map(e => e.checkVisibility())"
        ) == [True, True]
        assert page.run("document.querySelector('.scelte').checkVisibility()") is False
