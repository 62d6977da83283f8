"""What a satellite saw of the ground, month by month: red, near infrared, and how green it is."""

from typing import Final

import polars as pl

from assets.cells import cells_of
from assets.declaration import Declaration, given
from assets.methods.vegetation import ndvi

_CLEAR: Final = "sereno"
_PRECISION: Final = 6


def vegetation_observed(pixels: pl.DataFrame) -> pl.DataFrame:
    """Give each pixel of each month with its H3 cell (resolution 9) and its NDVI, -1 to 1.

    A pixel under clouds is kept, without numbers.
    """
    clear = pl.col("mask_code").eq_missing(_CLEAR)
    placed = pixels.drop_nulls(["lat_deg", "lng_deg"])
    index = pl.Series(
        "ndvi_index", ndvi(placed["infrared_ratio"], placed["red_ratio"]), dtype=pl.Float64
    )
    return (
        placed.with_columns(
            index.fill_nan(None).round(_PRECISION),
            cell_id=cells_of(placed["lat_deg"], placed["lng_deg"]),
        )
        .select(
            "month_on",
            "grid_row_index",
            "grid_column_index",
            "cell_id",
            "lat_deg",
            "lng_deg",
            is_clear=clear,
            red_ratio=pl.when(clear).then("red_ratio"),
            infrared_ratio=pl.when(clear).then("infrared_ratio"),
            ndvi_index=pl.when(clear).then("ndvi_index"),
        )
        .sort("month_on", "grid_row_index", "grid_column_index")
    )


_SEEN: Final = ("pixels.mask_code",)

declaration = Declaration(
    function=vegetation_observed,
    key="silver/territory/vegetation_observed",
    reads={"pixels": "bronze/regione_lombardia/surface_reflectance"},
    gives={
        "month_on": given("First day of the month in which it was seen.", "pixels.month_on"),
        "grid_row_index": given("Row of the picture, from the north.", "pixels.grid_row_index"),
        "grid_column_index": given("Column, from the west.", "pixels.grid_column_index"),
        "cell_id": given("H3 cell of resolution 9.", "pixels.lat_deg", "pixels.lng_deg"),
        "lat_deg": given("Latitude of its middle, WGS 84.", "pixels.lat_deg"),
        "lng_deg": given("Longitude of its middle, WGS 84.", "pixels.lng_deg"),
        "is_clear": given("Whether the ground was seen.", *_SEEN),
        "red_ratio": given("Light sent back in red.", "pixels.red_ratio", *_SEEN),
        "infrared_ratio": given(
            "Light sent back in near infrared.", "pixels.infrared_ratio", *_SEEN
        ),
        "ndvi_index": given(
            "Normalised difference vegetation index.", "pixels.red_ratio",
            "pixels.infrared_ratio", *_SEEN,
        ),
    },
    key_columns=("month_on", "grid_row_index", "grid_column_index"),
    window_by=None,
    title="Vegetation seen from above",
    method_version="1",
    literature="NDVI: Rouse, Haas, Schell & Deering (1974), NASA SP-351.",
)  # fmt: skip
