import re
from datetime import UTC, datetime
from html.parser import HTMLParser

from quality.report.document import Figure, Finding, Report, Section, Table
from quality.report.look import STYLE
from quality.report.page import page

AT = datetime(2025, 3, 24, 6, tzinfo=UTC)
EVIL = "<script>alert('x')</script> & \"quoted\" 'too'"
LEAST_CONTRAST = 4.5


def report_of(text: str, *, is_cards: bool = False) -> Report:
    columns = (("one", text), ("two", text), ("three", text))
    table = Table("t", text, columns, ((text, text, text),), is_long=True, is_cards=is_cards)
    findings = tuple(Finding(weight, text) for weight in ("broken", "look", "ok"))
    section = Section("parte", text, (text,), (table,), findings)
    return Report(AT, text, (section,), (Figure("f", text, text),))


class Texts(HTMLParser):
    """What a reader sees of a page, and the tags it has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_what_a_contract_says_is_words_on_the_page_and_never_a_part_of_it():
    for is_cards in (False, True):
        seen = Texts()
        seen.feed(page(report_of(EVIL, is_cards=is_cards), picture="", footer=(EVIL,)))

        assert "script" not in seen.tags
        assert "".join(seen.said).count("<script>alert('x')</script> & \"quoted\" 'too'") >= 10


def test_what_does_not_hold_comes_before_what_does():
    html = page(report_of("x"), picture="", footer=())

    places = [html.index(f"<h3>Che cosa {word}") for word in ("non regge", "guardare", "regge")]
    assert places == sorted(places)


def test_texts_stand_out_from_what_is_behind_them():
    inks = {"#1a1a1a", "#4a4a4a", "#0b4f6c"}
    papers = {"#fff", "#e9f0f3", "#f7f9fa", "#f1f8f1", "#fff6eb", "#fdeef0"}

    said = set(re.findall(r"(?<![-\w])color:(#\w+)", STYLE))
    behind = set(re.findall(r"background:(#\w+)", STYLE))
    assert said <= inks
    assert behind <= papers
    assert all(contrast(ink, paper) >= LEAST_CONTRAST for ink in said for paper in behind)


def contrast(ink: str, paper: str) -> float:
    """The ratio of WCAG 2.2, 1.4.3."""
    dark, light = sorted([luminance(ink), luminance(paper)])
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(one * 2 for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
