"""Where an edit is, as a planner names it; and what may be meant by a name that is not there."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

import polars as pl

from assets.scenarios.kind import EditProblem


def among(name: str, asked: Iterable[str], known: Collection[str], *, look_up: str) -> list[str]:
    """What was asked for, once each. Raises EditProblem naming what is not there.

    `look_up` says how a planner finds what there is.
    """
    wanted = list(dict.fromkeys(asked))
    missing = [one for one in wanted if one not in known]
    if missing:
        close = get_close_matches(missing[0], sorted(known), n=3)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise EditProblem(name, f"{missing[0]} was not found; {hint}{look_up}")
    return wanted


def chosen_segments(
    segments: pl.DataFrame,
    *,
    streets: Collection[str] = (),
    stretches: Collection[str] = (),
    classes: Collection[str] = (),
) -> pl.Expr:
    """Which stretches an edit is of: those of named streets and codes, and of these classes alone.

    Neither streets nor stretches: all of the classes.
    """
    among(
        "streets",
        streets,
        set(segments["street_name"].drop_nulls()),
        look_up='look it up with gemello sql "SELECT DISTINCT street_name '
        'FROM silver.mobility.road_segment"',
    )
    among(
        "segments",
        stretches,
        set(segments["edge_id"]),
        look_up='look it up with gemello sql "SELECT edge_id, street_name '
        'FROM silver.mobility.road_segment"',
    )
    if not (streets or stretches or classes):
        raise EditProblem("streets", "say where: streets, segments or classes")
    named = pl.col("street_name").is_in(list(streets)) | pl.col("edge_id").is_in(list(stretches))
    is_chosen = named if streets or stretches else pl.lit(value=True)
    is_of_class = pl.col("class_code").is_in(list(classes)) if classes else pl.lit(value=True)
    return (is_chosen & is_of_class).fill_null(value=False)
