"""New trees along streets."""

from typing import Annotated, Final, Literal

import polars as pl
from pydantic import Field

from assets.scenarios.kind import Edit, EditProblem, Frames, Kind
from assets.scenarios.places import chosen_segments

_FINE: Final = 6


class Trees(Edit):
    """How many trees along which streets, and how large they are thought to be once grown."""

    kind: Literal["trees"]
    streets: list[str] = Field(default_factory=list)
    segments: list[str] = Field(default_factory=list)
    count: Annotated[int, Field(gt=0, le=20_000)]
    species: str = "Acer campestre"
    crown_m2: Annotated[float, Field(gt=0, le=400)]
    height_m: Annotated[float, Field(gt=0, le=45)]


def trees(edit: Trees, trees: pl.DataFrame, segments: pl.DataFrame) -> Frames:
    """Plant trees at equal distances along the streets, as large as they will be."""
    import shapely

    where = chosen_segments(segments, streets=edit.streets, stretches=edit.segments)
    streets = segments.filter(where).drop_nulls(["line_geom", "length_m"]).sort("edge_id")
    total = float(streets["length_m"].sum())
    if not total > 0:
        raise EditProblem("streets", "of these stretches no line is known; name others")
    # Each tree by how far it stands along all stretches, one after the other.
    planted = (
        pl.DataFrame({"number": range(edit.count)})
        .with_columns(at_m=(pl.col("number") + 0.5) * (total / edit.count))
        .join_asof(
            streets.select(
                "line_geom", "length_m", from_m=pl.col("length_m").cum_sum() - pl.col("length_m")
            ),
            left_on="at_m",
            right_on="from_m",
        )
    )
    share = ((planted["at_m"] - planted["from_m"]) / planted["length_m"]).to_numpy()
    lines = shapely.from_wkb(planted["line_geom"].to_numpy())
    points = shapely.get_coordinates(shapely.line_interpolate_point(lines, share, normalized=True))
    known = set(trees["tree_id"])
    new = {
        "tree_id": [_name(number, known) for number in range(edit.count)],
        "lat_deg": points[:, 1].round(_FINE),
        "lng_deg": points[:, 0].round(_FINE),
    }
    rows = pl.DataFrame(new).with_columns(
        species_name=pl.lit(edit.species), crown_m2=edit.crown_m2, height_m=edit.height_m
    )
    return {"trees": pl.concat([trees, rows], how="diagonal_relaxed").select(trees.columns)}


def _name(number: int, known: set[str]) -> str:
    """A name that no tree has yet."""
    name = f"scenario-{number:05}"
    while name in known:
        name += "+"
    known.add(name)
    return name


kind = Kind(
    model=Trees,
    function=trees,
    reads={"trees": "bronze/comune_brescia/trees", "segments": "silver/mobility/road_segment"},
    title="Piantare alberi lungo le strade",
    template="""\
  - kind: trees             # alberi lungo le strade
    streets: [Via Milano]   # nomi di strade; oppure
    segments: []            # codici di singoli tratti (edge_id)
    count: 40               # quanti
    species: Acer campestre # specie
    crown_m2: 20            # chioma da adulti
    height_m: 8             # altezza da adulti
""",
    source="chiome e alberi in vista come negli indicatori; l'effetto sul caldo non è stimato",
)
