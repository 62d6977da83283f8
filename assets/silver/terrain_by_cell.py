"""The ground under each H3 cell: its height, how much is sealed, and what covers it."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given

_RESOLUTION: Final = 9
_PRECISION: Final = 6
_COVERS: Final = {
    "acqua": ("water_ratio", "water"),
    "bosco": ("wood_ratio", "wood"),
    "prato": ("grass_ratio", "grass"),
    "seminativo": ("crop_ratio", "crops"),
    "edificato rado": ("sparse_built_ratio", "scattered buildings"),
    "edificato denso": ("dense_built_ratio", "dense buildings"),
}


def terrain_by_cell(terrain: pl.DataFrame) -> pl.DataFrame:
    """Give each H3 cell (resolution 9) what the points of the terrain within it say.

    Heights are the least, mean and greatest of its points; shares are of the points that say
    which. A point delivered twice counts once. The soil group is the commonest, of two equally
    common ones that which soaks up less.
    """
    place = ["grid_row_index", "grid_column_index"]
    points = (
        terrain.drop_nulls([*place, "lat_deg", "lng_deg"])
        .sort(*place, "elevation_m", "sealed_ratio", "cover_code", "soil_group_code")
        .unique(place, keep="last", maintain_order=True)
    )
    is_covered = {
        name: (pl.col("cover_code") == code).mean().round(_PRECISION)
        for code, (name, _) in _COVERS.items()
    }
    height = pl.col("elevation_m")
    return (
        points.with_columns(cell_id=_cells(points))
        .group_by("cell_id")
        .agg(
            elevation_m=height.sort().mean().round(3),
            lowest_m=height.min(),
            highest_m=height.max(),
            sealed_ratio=pl.col("sealed_ratio").sort().mean().round(_PRECISION),
            **is_covered,
            soil_group_code=pl.col("soil_group_code").drop_nulls().mode().max(),
            points_count=pl.len().cast(pl.Int64),
        )
        .sort("cell_id")
    )


def _cells(points: pl.DataFrame) -> pl.Series:
    from assets.methods.terrain_grid import h3_cells

    numbers = h3_cells(points["lat_deg"], points["lng_deg"], _RESOLUTION)
    names = {number: f"{number:x}" for number in set(numbers.tolist())}
    return pl.Series([names[number] for number in numbers.tolist()], dtype=pl.String)


_GRID: Final = ("terrain.grid_row_index", "terrain.grid_column_index")
_TWICE: Final = (*_GRID, "terrain.elevation_m")

declaration = Declaration(
    function=terrain_by_cell,
    key="silver/territory/terrain_by_cell",
    reads={"terrain": "bronze/regione_lombardia/terrain"},
    gives={
        "cell_id": given("H3 cell of resolution 9.", "terrain.lat_deg", "terrain.lng_deg"),
        "elevation_m": given("Mean height above the sea.", *_TWICE),
        "lowest_m": given("Height of its lowest point.", *_TWICE),
        "highest_m": given("Height of its highest point.", *_TWICE),
        "sealed_ratio": given(
            "Share of the ground that lets no water in.", *_TWICE, "terrain.sealed_ratio"
        ),
        **{
            name: given(f"Share covered by {text}.", *_TWICE, "terrain.cover_code")
            for name, text in _COVERS.values()
        },
        "soil_group_code": given(
            "A (soaks up) to D: hydrologic soil group.", *_TWICE, "terrain.soil_group_code"
        ),
        "points_count": given("Points of the terrain in the cell.", *_GRID),
    },
    key_columns=("cell_id",),
    window_by=None,
    title="Terrain and land cover by cell",
    method_version="1",
    literature="Means over points by H3 cell; hydrologic soil groups: USDA NEH-630, chapter 7.",
)
