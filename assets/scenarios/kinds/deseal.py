"""Desealing: ground that lets rain through where asphalt was."""

from typing import Annotated, Final, Literal

import polars as pl
from pydantic import Field

from assets.cells import near_cells
from assets.methods.terrain_grid import h3_cells
from assets.scenarios.kind import Edit, Frames, Kind
from assets.scenarios.places import among

_FINE: Final = 6


class Deseal(Edit):
    """How much of the sealed ground is opened, and where."""

    kind: Literal["deseal"]
    cells: list[str] = Field(default_factory=list)
    removed_ratio: Annotated[float, Field(gt=0, le=1)]
    above_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.0


def deseal(edit: Deseal, terrain: pl.DataFrame) -> Frames:
    """Take a share of the sealed ground away from each point of the cells, or of all of them.

    Points sealed to `above_ratio` at most stay as they are. What is opened becomes ground of the
    cover and soil that stand there already.
    """
    where = pl.lit(value=True)
    if edit.cells:
        import h3

        numbers = pl.Series(h3_cells(terrain["lat_deg"], terrain["lng_deg"]))
        known = {h3.int_to_str(number) for number in numbers.unique().to_list()}
        wanted = among(
            "cells", edit.cells, known,
            look_up='look it up with gemello sql "SELECT cell_id, sealed_ratio '
            'FROM gold.risk.pluvial_vulnerability_by_cell"',
        )  # fmt: skip
        where = pl.lit(numbers.is_in([h3.str_to_int(cell) for cell in wanted]))
    sealed = pl.col("sealed_ratio")
    opened = (sealed * (1 - edit.removed_ratio)).round(_FINE)
    is_edited = where & (sealed > edit.above_ratio) & (opened < sealed)
    return {
        "terrain": terrain.with_columns(
            sealed_ratio=pl.when(is_edited).then(opened).otherwise(sealed)
        )
    }


def _ground(edit: Deseal) -> dict[str, pl.Expr]:
    """The ground of the cells: all of it where they are not named, or a name is that of none."""
    import h3

    are_cells = bool(edit.cells) and all(h3.is_valid_cell(cell) for cell in edit.cells)
    return {"terrain": near_cells(edit.cells)} if are_cells else {}


kind = Kind(
    model=Deseal,
    function=deseal,
    within=_ground,
    reads={"terrain": "bronze/regione_lombardia/terrain"},
    title="Depavimentare: togliere una parte del suolo impermeabile",
    template="""\
  - kind: deseal            # depavimentare
    cells: []               # celle H3 (risoluzione 9); vuoto: tutta la città
    above_ratio: 0.6        # solo dove più di questa quota di suolo è impermeabile
    removed_ratio: 0.2      # quota dell'impermeabile che si toglie, da 0 a 1
""",
    source="il deflusso segue dal metodo del numero di curva (USDA NRCS), come nell'indicatore",
)
