"""New housing: more people in a census section."""

from typing import Annotated, Final, Literal

import numpy as np
import polars as pl
from pydantic import Field

from assets.scenarios.kind import Edit, Frames, Kind
from assets.scenarios.places import among

_AGES: Final = (
    "age_0_14_count", "age_15_24_count", "age_25_44_count", "age_45_64_count", "age_65_79_count",
    "age_80_count",
)  # fmt: skip
_UNKNOWN: Final = "quanto consumeranno i nuovi abitanti non è noto"


class NewHousing(Edit):
    """How many people come to live in a section."""

    kind: Literal["new_housing"]
    section: str
    residents: Annotated[int, Field(gt=0, le=20_000)]


def new_housing(edit: NewHousing, sections: pl.DataFrame) -> Frames:
    """Add people to a section, of the ages that the city has (largest remainders)."""
    among(
        "section", [edit.section], set(sections["section_id"]),
        look_up='look it up with gemello sql "SELECT section_id, quarter_id, residents_count '
        'FROM silver.services.population_by_section"',
    )  # fmt: skip
    in_city = np.array([sections[name].sum() or 0 for name in _AGES], dtype=float)
    shares = in_city / in_city.sum() if in_city.sum() else np.full(len(_AGES), 1 / len(_AGES))
    exact = shares * edit.residents
    more = np.floor(exact).astype(int)
    rest = edit.residents - int(more.sum())
    more[np.argsort(more - exact, kind="stable")[:rest]] += 1
    here = pl.col("section_id") == edit.section
    added = {"residents_count": edit.residents} | dict(zip(_AGES, more.tolist(), strict=True))
    return {
        "sections": sections.with_columns(
            pl.when(here)
            .then(pl.col(name).fill_null(0) + count)
            .otherwise(pl.col(name))
            .alias(name)
            for name, count in added.items()
        )
    }


kind = Kind(
    model=NewHousing,
    function=new_housing,
    reads={"sections": "bronze/istat/census_sections"},
    untold={
        "gold/water/monthly_use_by_quarter": _UNKNOWN,
        "gold/waste/monthly_separate_collection_by_quarter": _UNKNOWN,
        "gold/energy/yearly_heat_signature_by_quarter": _UNKNOWN,
    },
    title="Costruire nuove abitazioni",
    template="""\
  - kind: new_housing       # nuove abitazioni
    section: "0170290000003"    # sezione di censimento
    residents: 200          # persone che vi andranno ad abitare
""",
    source="i residenti si aggiungono con le età della città; il traffico segue dal modello",
)
