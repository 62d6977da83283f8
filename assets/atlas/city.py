"""The page of the city: every indicator by theme, with its value, its time and how sure it is."""

from collections.abc import Sequence
from html import escape
from typing import Final

import polars as pl

from assets.atlas.drawing import small_map
from assets.atlas.figures import classes_of, numbers_of, scale_of
from assets.atlas.indicator import Indicator
from assets.atlas.lines import spark
from assets.atlas.look import STYLE, policy
from assets.atlas.page import PUBLISHER
from assets.atlas.places import Places
from assets.atlas.series import chart_of
from assets.atlas.summary import as_of, city_value, mean_completeness, qualities
from assets.atlas.words import THEMES
from quality.report.look import number
from quality.report.parts import Frame, day

# Shorter series say less than a map.
_LEAST_PERIODS: Final = 5
_SCENARIOS: Final = "<li><a href='scenari.html'>Scenari: che cosa cambierebbe</a></li>"


def city_page(
    indicators: Sequence[Indicator], *, quarters: Places, has_scenarios: bool = False
) -> str:
    """The first page of the atlas."""
    by_theme = {
        theme: [one for one in indicators if one.declaration.theme == theme] for theme in THEMES
    }
    there = {theme: ones for theme, ones in by_theme.items() if ones}
    body = "".join(
        f"<section class='tema' aria-labelledby='{theme}'>"
        f"<h2 id='{theme}'>{escape(THEMES[theme])}</h2>"
        f"<ul class='carte'>{''.join(_card(one, quarters) for one in ones)}</ul></section>"
        for theme, ones in there.items()
    )
    links = "".join(f"<li><a href='#{theme}'>{escape(THEMES[theme])}</a></li>" for theme in there)
    known = [one for one in indicators if not one.rows.is_empty()]
    newest = max((one.made.at for one in known if one.made), default=None)
    when = f" Il più recente è stato calcolato il {day(newest.date())}." if newest else ""
    signs = (
        "<p>Accanto a ogni numero è scritto di quando è, quanta parte dei dati attesi c'era "
        "(completezza) e quanto ci si può contare (qualità). Ogni scheda porta a una pagina con la "
        "mappa, la tabella, il metodo e le versioni dei dati. I valori della città sono medie "
        "semplici dei luoghi, se non è scritto altro.</p>"
    )
    return Frame(
        title="Atlante di Brescia: gli indicatori del gemello digitale",
        header=(
            f"<p class='sub'>{PUBLISHER}</p><h1>Brescia in {number(len(indicators))} "
            f"{'indicatore' if len(indicators) == 1 else 'indicatori'}</h1>"
            f"<p class='sub'>{number(len(known))} con dati.{escape(when)}</p>"
        ),
        nav=f"<ul>{links}{_SCENARIOS if has_scenarios else ''}</ul>",
        nav_name="Temi",
        main=signs + body,
        footer=f"<p>{PUBLISHER}. Le pagine non caricano nulla dalla rete, si leggono senza "
        "connessione e si stampano; non contengono dati personali.</p>",
        head=policy(has_script=False),
        style=STYLE,
    ).as_html


def _card(one: Indicator, quarters: Places) -> str:
    title = f"<h3><a href='{one.page}.html'>{escape(one.measured.title)}</a></h3>"
    if one.rows.is_empty():
        return f"<li class='carta'>{title}<p>Non ancora calcolato.</p></li>"
    city = city_value(one, one.first)
    sign, words, _ = max(qualities(one), key=lambda kind: kind[2])
    reach = f"; {city.reach}" if city.reach else ""
    return (
        f"<li class='carta'>{title}<p>{escape(one.measured.values[one.first].name)}</p>"
        f"<p class='valore'>{escape(city.figure)}</p>"
        f"<p class='cosa'>{escape(city.what)}{escape(reach)}</p>"
        f"<p class='quando'>{escape(as_of(one))}</p>"
        f"<p class='quando'><span class='segno' aria-hidden='true'>{sign}</span> {escape(words)}; "
        f"completezza {escape(mean_completeness(one))}</p>"
        f"<div class='disegno {scale_of(one)}'>{_picture(one, quarters)}</div></li>"
    )


def _picture(one: Indicator, quarters: Places) -> str:
    """The last periods as a line, if there are some; else where it is how much."""
    if (
        one.measured.period is not None
        and one.series[one.measured.period].n_unique() >= _LEAST_PERIODS
    ):
        _, drawn, _ = chart_of(one, one.first)
        lines = pl.DataFrame({str(n): list(line) for n, line in enumerate(drawn.lines.values())})
        mean = (
            lines.select(pl.mean_horizontal(pl.all())).to_series().to_list() if lines.width else []
        )
        drawn_line = spark(
            mean, title=f"Andamento di {one.measured.title}: i numeri sono nella pagina"
        )
        if drawn_line:
            return drawn_line
    return small_map(
        one.places, quarters,
        title=f"Mappa di {one.measured.title}: i numeri sono nella pagina",
        values=numbers_of(one, one.view(), one.first), classes=classes_of(one, one.first),
    )  # fmt: skip
