"""Retrofits: a share of the buildings of a place that needs less heat."""

from typing import Annotated, Final, Literal

import polars as pl
from pydantic import Field

from assets.editions import newest
from assets.scenarios.kind import Edit, EditProblem, Frames, Kind
from assets.scenarios.places import among

_BUILDINGS: Final = "bronze/comune_brescia/buildings"
_SECTIONS: Final = "bronze/istat/census_sections"
_SIGNATURE: Final = "gold/energy/yearly_heat_signature_by_quarter"
_LOOK_UP: Final = (
    'look it up with gemello sql "SELECT section_id, quarter_id '
    'FROM silver.services.population_by_section"'
)
_ENDS: Final = ("", "_low", "_high")
_DAYS_A_YEAR: Final = 365
_PRECISION: Final = 6


class Retrofit(Edit):
    """Which buildings, by place, use and age, what share of their floor, and how deeply."""

    kind: Literal["retrofit"]
    quarters: list[str] = Field(default_factory=list)
    sections: list[str] = Field(default_factory=list)
    uses: list[str] = Field(default=["residenziale"], min_length=1)
    built_before: Annotated[int, Field(ge=1000, le=2100)] | None = None
    share_ratio: Annotated[float, Field(gt=0, le=1)]
    depth: Literal["light", "medium", "deep"]


def retrofit(edit: Retrofit, buildings: pl.DataFrame, sections: pl.DataFrame) -> Frames:
    """Leave all tables as they are: no register says how well a building is insulated.

    What it changes is in `less_heat`. Raises EditProblem where no building is meant.
    """
    among("quarters", edit.quarters, set(sections["quarter_id"].drop_nulls()), look_up=_LOOK_UP)
    among("sections", edit.sections, set(sections["section_id"]), look_up=_LOOK_UP)
    among(
        "uses", edit.uses, set(buildings["use_code"].drop_nulls()),
        look_up='look it up with gemello sql "SELECT DISTINCT use_code '
        'FROM bronze.comune_brescia.buildings"',
    )  # fmt: skip
    if not _floors(edit, buildings, sections)["chosen_m2"].sum() > 0:
        raise EditProblem("built_before", "there is no such building in these places")
    return {}


def less_heat(
    edit: Retrofit,
    rows: pl.DataFrame,
    *,
    buildings: pl.DataFrame,
    sections: pl.DataFrame,
    factors: pl.DataFrame,
) -> pl.DataFrame:
    """Lower what quarters need for heating, in the newest year of each that has a signature.

    The heat loss and the heating part of the year's need (the need less 365 days of base) of the
    share of floor that is retrofitted are multiplied by the factor; hot water and cooking, which
    are base, stay. Buildings are taken to need by square metre what their quarter does. Each end of
    the interval moves by as much as that end of the factor moves the number, so that the
    difference has the factor's interval. A factor not read at its source makes rows unverified.
    """
    held = newest(factors).filter(pl.col("depth_code") == edit.depth)
    if held.is_empty():
        return rows
    factor = held.row(0, named=True)
    floors = _floors(edit, buildings, sections)
    share = dict(floors.select("quarter_id", pl.col("chosen_m2") / pl.col("floor_m2")).rows())
    touched = (
        pl.col("quarter_id").replace_strict(share, default=0.0, return_dtype=pl.Float64)
        * edit.share_ratio
    )
    year = pl.col("normalised_kwhm2")
    fitted_on = pl.when(year.is_not_null()).then("year_on")
    is_newest = fitted_on == fitted_on.max().over("quarter_id", "carrier_code")
    here = (is_newest & (touched > 0)).fill_null(value=False)
    heating = (year - _DAYS_A_YEAR * pl.col("base_kwhm2").fill_null(0.0)).clip(lower_bound=0)
    changed: dict[str, pl.Expr] = {}
    for end in _ENDS:
        less = touched * (factor[f"factor{end}_index"] - 1)
        changed[f"normalised{end}_kwhm2"] = pl.col(f"normalised{end}_kwhm2") + heating * less
        changed[f"slope{end}_wm2k"] = pl.col(f"slope{end}_wm2k") + pl.col("slope_wm2k") * less
    changed["emission_kgm2"] = (
        pl.col("emission_kgm2") * changed["normalised_kwhm2"] / pl.when(year > 0).then(year)
    )
    return rows.with_columns(
        **{
            name: pl.when(here).then(one.round(_PRECISION)).otherwise(pl.col(name))
            for name, one in changed.items()
        },
        quality_code=pl.when(here & (not factor["is_verified"]))
        .then(pl.lit("unverified"))
        .otherwise(pl.col("quality_code")),
    )


def _floors(edit: Retrofit, buildings: pl.DataFrame, sections: pl.DataFrame) -> pl.DataFrame:
    """The floor of each quarter, and of its buildings that are meant."""
    is_meant = pl.col("use_code").is_in(edit.uses)
    if edit.quarters or edit.sections:
        is_meant &= pl.col("quarter_id").is_in(edit.quarters) | pl.col("section_id").is_in(
            edit.sections
        )
    if edit.built_before is not None:
        is_meant &= pl.col("built_year") < edit.built_before
    return (
        buildings.join(sections.select("section_id", "quarter_id"), on="section_id")
        .filter(pl.col("floor_m2") > 0)
        .sort("building_id")
        .group_by("quarter_id")
        .agg(
            pl.col("floor_m2").sum(),
            chosen_m2=pl.col("floor_m2").filter(is_meant.fill_null(value=False)).sum(),
        )
    )


kind = Kind(
    model=Retrofit,
    function=retrofit,
    reads={"buildings": _BUILDINGS, "sections": _SECTIONS},
    after={_SIGNATURE: less_heat},
    asks={
        "buildings": _BUILDINGS,
        "sections": _SECTIONS,
        "factors": "bronze/definitions/retrofit_factors",
    },
    title="Riqualificare edifici",
    template="""\
  - kind: retrofit          # riqualificazione energetica di edifici
    quarters: []            # codici di quartieri; oppure
    sections: []            # sezioni di censimento; vuoti: tutta la città
    uses: [residenziale]    # usi: residenziale, commerciale, uffici, scuola, produttivo
    built_before: 1976      # solo edifici costruiti prima; null: tutti
    share_ratio: 0.3        # quota della loro superficie che si riqualifica, da 0 a 1
    depth: medium           # profondità: light, medium o deep (leggera, media, profonda)
""",
    source=(
        "quanto si risparmia è una classe di intervento (retrofit_factors), non verificata: "
        "Ipsos e Navigant (2019) per la Commissione europea; EU-GUGLE Milano. Si applica alla "
        "firma energetica del quartiere, non al singolo edificio"
    ),
)
