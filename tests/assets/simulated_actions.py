"""What the simulated Comune, police and heat company deliver of the city's actions, as frames."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import shapely

from infra.simulator.actions import Action
from infra.simulator.city import City
from infra.simulator.datasets import bike_counts, crashes, heat_readings, stays
from infra.simulator.terrain import degrees

GOALS = pl.read_csv("assets/definitions/action_goals.csv", try_parse_dates=True)


def without_effect(city: City) -> City:
    """The same city, in which no action brings anything about."""
    return with_actions(
        city,
        {name: dataclasses.replace(one, effect_ratio=1.0) for name, one in city.actions.items()},
    )


def with_actions(city: City, changed: Mapping[str, Action]) -> City:
    """The same city with other actions."""
    other = dataclasses.replace(city)
    other.__dict__["actions"] = {**city.actions, **changed}
    return other


def published(city: City, *only: str) -> pl.DataFrame:
    """The Comune's list as bronze holds it."""
    chosen = [one for name, one in city.actions.items() if name in only]
    lat, lng = degrees(np.array([one.x_m for one in chosen]), np.array([one.y_m for one in chosen]))
    return pl.DataFrame(
        {
            "action_id": [one.action_id for one in chosen],
            "kind_code": [one.kind for one in chosen],
            "action_name": [one.title for one in chosen],
            "decided_on": [one.decided_on for one in chosen],
            "started_on": [one.started_on for one in chosen],
            "finished_on": [one.finished_on for one in chosen],
            "cost_eur": [float(one.cost_eur) for one in chosen],
            "goal_indicator_code": [one.goal_indicator for one in chosen],
            "goal_ratio": [one.goal_ratio for one in chosen],
            "registered_on": [one.decided_on for one in chosen],
            "lat_deg": lat,
            "lng_deg": lng,
            "radius_m": [one.radius_m for one in chosen],
            "valid_from": datetime(2025, 1, 1, tzinfo=UTC),
            "valid_to": None,
        },
        schema_overrides={"valid_to": pl.Datetime("us", "UTC")},
    )


def streets(city: City) -> dict[str, pl.DataFrame]:
    """The stretches of street and the crashes on them."""
    edges = city.streets.edges
    x, y = city.streets.middles
    lat, lng = degrees(x, y)
    lines = shapely.linestrings(
        np.stack([np.column_stack([lng, lat]), np.column_stack([lng, lat + 1e-6])], axis=1)
    )
    found = crashes.occurred(city)
    return {
        "segments": edges.select(
            "edge_id", "length_m", traffic_count="aadt",
            line_geom=pl.Series(shapely.to_wkb(lines), dtype=pl.Binary),
        ),
        "accidents": pl.DataFrame(
            {
                "edge_id": edges["edge_id"].gather([edge for _, edge in found]),
                "occurred_on": [day for day, _ in found],
            }
        ),
    }  # fmt: skip


def bikes(city: City) -> pl.DataFrame:
    """What each counter counted, hour by hour."""
    rows = pl.concat([batch.rows for batch in bike_counts.batches(city)])
    return rows.unpivot(
        index=["contatore", "via", "giorno"], variable_name="hour", value_name="bikes_count"
    ).select(
        window_on=pl.date(2025, 1, 1),
        counter_id="contatore",
        street_name="via",
        # By the clock, so that the hour that is skipped or comes twice is none of this test.
        counted_at=pl.col("giorno").str.to_datetime("%d/%m/%Y", time_unit="us", time_zone="UTC")
        + pl.duration(hours=pl.col("hour").str.slice(1).cast(pl.Int64) - 1),
        bikes_count=pl.col("bikes_count").cast(pl.Int64),
    )


def nights(city: City) -> pl.DataFrame:
    """The nights of all houses, by day."""
    rows = next(iter(stays.batches(city))).rows
    return rows.group_by(day_on=pl.col("DATA").str.to_date("%d/%m/%Y")).agg(
        nights_count=pl.col("PRESENZE").sum(), structures_count=pl.len().cast(pl.Int64)
    )


def heat(city: City) -> pl.DataFrame:
    """The heat of substations with the retrofit, and of four groups without, by day."""
    meters = heat_readings.substations(city)
    groups = [
        "retrofit" if ratio < 1 else f"others-{at % 4}"
        for at, ratio in enumerate(meters["retrofit_ratio"].to_list())
    ]
    of = pl.DataFrame({"sottocentrale": meters["meter"], "quarter_id": groups})
    days = []
    for batch in heat_readings.batches(city):
        day = batch.rows.join(of, on="sottocentrale").group_by("quarter_id")
        days.append(
            day.agg(heat_kwh=pl.col("energia_mwh").sum() * 1000).with_columns(
                consumed_on=pl.lit(batch.day)
            )
        )
    return pl.concat(days)


def moved(action: Action, *, finished_on: date, works: int) -> Action:
    """The same action at another time."""
    return dataclasses.replace(
        action, started_on=finished_on - timedelta(days=works), finished_on=finished_on
    )
