"""How full car parks are, drawn: what tables of it have in common."""

from typing import Final

import polars as pl

from assets.plots import hourly_heat

_COLOURS: Final = (
    (0.0, "#f1f5f9"), (0.25, "#bfdbfe"), (0.5, "#60a5fa"), (0.75, "#f59e0b"), (0.95, "#b91c1c"),
)  # fmt: skip


def last_two_days(title: str, frame: pl.DataFrame) -> str:
    """A row a car park, a column an hour: `occupied_ratio` of the last two days."""
    return hourly_heat(
        title,
        frame,
        row="car_park_id",
        value="occupied_ratio",
        days=2,
        colours=_COLOURS,
        legend="share of places taken",
        label_every=6,
    )
