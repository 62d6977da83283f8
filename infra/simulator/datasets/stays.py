"""Regione Lombardia's nights in hotels and rooms: the whole series of two years, sent again."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from infra.simulator.batches import Batch, Record, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.events import guests_ratio
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, clean_rows, strewn

KEY: Final = "regione_lombardia/stays"
PLACE: Final = "regione_files"
FORM: Final = Csv(Sheet(separator=";", line_end="\r\n"))
PERSONAL: Final = ("TITOLARE", "CIR")
KINDS: Final = ("albergo", "residence", "bed and breakfast", "casa vacanze", "ostello")
_KIND_SHARES: Final = (0.35, 0.1, 0.25, 0.25, 0.05)
_BEDS: Final = (70, 40, 6, 5, 30)
_DAYS: Final = 730
# Where most of a house's foreign guests come from, in winter and in summer.
_COUNTRIES: Final = ("DE", "AT", "CH", "FR", "GB", "NL", "PL", "ES", "US", "CN")
_WINTER_SHARES: Final = np.array((0.20, 0.08, 0.10, 0.14, 0.14, 0.04, 0.10, 0.08, 0.07, 0.05))
_SUMMER_SHARES: Final = np.array((0.34, 0.10, 0.08, 0.09, 0.07, 0.13, 0.05, 0.03, 0.08, 0.03))


def publish(city: City, publication: Publication) -> None:
    """Deliver the series, and tell the true nights of each day."""
    for batch in batches(city):
        put(publication, FORM, [batch], personal=PERSONAL)
        kept = clean_rows(batch.rows, batch.spoiled)
        by_day = kept.group_by(on="DATA", maintain_order=True)
        publication.tell("nights_by_day", by_day.agg(nights_count=pl.col("PRESENZE").sum()))


def batches(city: City) -> Iterator[Batch]:
    """Two years up to the last day."""
    first = city.start - timedelta(days=_DAYS)
    days = [first + timedelta(days=step) for step in range((city.dates[-1] - first).days + 1)]
    structures = _structures(city)
    rows = pl.concat([_one_structure(city, one, days) for one in structures.iter_rows(named=True)])
    bad = [
        Spoiled("unparsable number", cells={"PRESENZE": "n.c."}),
        Spoiled("negative value", cells={"ARRIVI": "-3"}),
        Spoiled("more guests than beds", cells={"PRESENZE": "900", "LETTI": "6"}),
        Spoiled("value outside the list", cells={"CATEGORIA": "agriturismo?"}),
        Spoiled("impossible date", cells={"DATA": "31/06/2024"}),
        Spoiled("missing value", cells={"CIR": ""}),
        Spoiled("ragged row", cut=3),
        Spoiled("duplicate key", is_extra=True),
        Spoiled("duplicate key", is_extra=True),
    ]
    yield Batch(
        name="turismo/movimento_giornaliero.csv",
        at=midnight(city.dates[-1]) + timedelta(hours=34),
        day=city.dates[-1],
        rows=rows,
        spoiled=strewn(city.chance(KEY, "bad"), rows.height, bad),
    )


def _structures(city: City) -> pl.DataFrame:
    chance, count = city.chance(KEY, "structures"), city.sized(30, 300)
    kinds = chance.choice(len(KINDS), count, p=_KIND_SHARES)
    holders = chance.integers(len(city.people), size=count)
    beds = np.maximum((np.array(_BEDS)[kinds] * chance.lognormal(0, 0.4, count)).astype(int), 2)
    return pl.DataFrame(
        {
            "cir": [f"017029-{KINDS[k][:3].upper()}-{n:05}" for n, k in enumerate(kinds, start=1)],
            "holder": [city.people[int(holder)].written for holder in holders],
            "kind": [KINDS[kind] for kind in kinds],
            "beds": beds,
        }
    )


def _one_structure(city: City, one: Record, days: list[date]) -> pl.DataFrame:
    """All days of a structure; `one` is a row of `_structures`."""
    chance, beds = city.chance(KEY, one["cir"]), one["beds"]
    # Drawn for more days than are told, so that a longer series begins like a shorter one.
    noise = chance.gamma(12, 1 / 12, (4096, 2))[: len(days)]
    stay, foreign = chance.uniform(1.5, 2.8), chance.uniform(0.25, 0.55)
    of_year = np.array([day.timetuple().tm_yday for day in days])
    season = 0.44 + 0.14 * np.sin((of_year - 110) / 365 * 2 * np.pi)
    weekend = np.array([1.15 if day.weekday() in (4, 5) else 1.0 for day in days])
    share = season * weekend * guests_ratio(days, city.events) * noise[:, 0]
    nights = np.rint(np.clip(share, 0, 1) * beds).astype(np.int64)
    guests = np.rint(nights * foreign).astype(np.int64)
    arrivals = np.minimum(np.rint(nights / stay * noise[:, 1]).astype(np.int64), nights)
    return pl.DataFrame(
        {
            "CIR": [one["cir"]] * len(days),
            "TITOLARE": [one["holder"]] * len(days),
            "CATEGORIA": [one["kind"]] * len(days),
            "DATA": [f"{day:%d/%m/%Y}" for day in days],
            "ARRIVI": arrivals,
            "PRESENZE": nights,
            "PRESENZE_ESTERE": guests,
            "PAESE": np.where(guests > 0, _countries(city, one["cir"], of_year), ""),
            "LETTI": [beds] * len(days),
            "CAMERE": [max(1, beds // 2)] * len(days),
        }
    )


def _countries(city: City, cir: str, of_year: npt.NDArray[np.int64]) -> list[str]:
    """For each day the country of most foreign guests, ISO 3166."""
    drawn = city.chance(KEY, cir, "country").random(4096)[: len(of_year)]
    summer = (1 + np.sin((of_year - 110) / 365 * 2 * np.pi)) / 2
    shares = summer[:, None] * _SUMMER_SHARES + (1 - summer)[:, None] * _WINTER_SHARES
    places = (drawn[:, None] > np.cumsum(shares, axis=1)).sum(axis=1)
    return [_COUNTRIES[min(int(place), len(_COUNTRIES) - 1)] for place in places]
