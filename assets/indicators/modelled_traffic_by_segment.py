"""How many vehicles each larger street may carry where nobody counts: a model, not a count."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.methods.gravity import geh
from assets.methods.traffic import CITY_ZONE, saturation
from assets.plots import heat_table
from assets.traffic_model import Plan, Rules, Traffic, traffic, zones_of

Array = NDArray[np.float64]
_LOCAL: Final = "local"
_LAST_WORKING_DAY: Final = 5
_PRECISION: Final = 1
_FINE: Final = 4
# Vehicles an hour, for the picture.
_CLASSES: Final = (0, 50, 100, 200, 400, 800, 1600)
_COLOURS: Final = ((1.0, "#bfdbfe"), (3.0, "#60a5fa"), (6.0, "#f59e0b"), (12.0, "#b91c1c"))
_NEEDED: Final = ("from_node_id", "to_node_id", "length_m", "limit_kmh", "capacity_count")


def modelled_traffic_by_segment(
    segments: pl.DataFrame,
    nodes: pl.DataFrame,
    *,
    sections: pl.DataFrame,
    buildings: pl.DataFrame,
    services: pl.DataFrame,
    state: pl.DataFrame,
    rules: pl.DataFrame,
    pulls: pl.DataFrame,
    segments_planned: pl.DataFrame | None = None,
    sections_planned: pl.DataFrame | None = None,
    buildings_planned: pl.DataFrame | None = None,
    services_planned: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give each larger street the vehicles of a mean hour of a working day, by a model.

    Nobody has counted who goes where. Trips are those of a gravity model (Wilson 1971) between H3
    cells, from residents to what attracts and back, deterred by minutes of driving; drivers spread
    until none gains by another way (user equilibrium, Wardrop 1952), with times by the curve of the
    Bureau of Public Roads. Only their total is fitted, to as many vehicles as are counted on all
    streets with detectors. How well single streets then match their counts stands in each row:
    `matched_ratio`, the share of counted streets with a GEH below 5, and `explained_index`, R²,
    which is below nought where the mean of the counts would have been a better guess.

    Who comes from outside the city is not in it, and neither are vans, buses and ways to park. The
    trips of a cell begin and end at the nearest crossing of larger streets: local ones are left out
    and have no number. All are open both ways. A detector counts one direction, not said which: it
    is held against the mean of both.

    Of a scenario the tables it edits come as `…_planned`: the trips are fitted to the city as it is
    and drive in the planned one, where closed streets have no number.
    """
    rule = newest(rules)
    streets = segments.unique("edge_id", keep="first").sort("edge_id")
    planned = [segments_planned, sections_planned, buildings_planned, services_planned]
    city = (segments, sections, buildings, services)
    after = [one if two is None else two for one, two in zip(city, planned, strict=True)]
    model = _modelled(
        city,
        nodes,
        planned=after if any(one is not None for one in planned) else None,
        counted=(counted := _counted(state, rule)),
        rule=rule,
        pulls=newest(pulls),
    )
    rows = streets.join(model, on="edge_id", how="left", maintain_order="left").join(
        counted, on="edge_id", how="left", maintain_order="left"
    )
    is_told = (pl.col("class_code") != _LOCAL) & pl.col("vehicles").is_not_null()
    fit = _fit(rows.filter(is_told), rule)
    return rows.select(
        "edge_id",
        "street_name",
        vehicles_count=pl.when(is_told).then(pl.col("vehicles").round(_PRECISION)),
        saturation_ratio=pl.when(is_told).then(
            saturation(pl.col("most"), pl.col("capacity_count")).round(_FINE)
        ),
        travel_time_index=pl.when(is_told).then(pl.col("delay").round(_FINE)),
        counted_count=pl.col("counted").round(_PRECISION),
        geh_index=pl.when(is_told).then(_geh()),
        **{name: pl.lit(value, dtype) for name, (value, dtype) in fit.items()},
        definition_from_on=pl.lit(rule["valid_from_on"].max(), pl.Date),
        quality_code=pl.when(is_told).then(pl.lit("modelled")).otherwise(pl.lit("no_data")),
    )


def _counted(state: pl.DataFrame, rule: pl.DataFrame) -> pl.DataFrame:
    """Vehicles an hour in one direction on each street with a detector that can be believed.

    The mean over whole hours of working days (feasts count as such); of several detectors theirs.
    """
    clock = pl.col("hour_at").dt.convert_time_zone(CITY_ZONE)
    hours = state.join(rule.select("from_h", "until_h"), how="cross").filter(
        clock.dt.weekday() <= _LAST_WORKING_DAY,
        clock.dt.hour() >= pl.col("from_h"),
        clock.dt.hour() < pl.col("until_h"),
        pl.col("quality_code") != "suspect",
        pl.col("completeness_ratio") >= 1,
    )
    return (
        hours.drop_nulls("edge_id")
        .group_by("edge_id", "detector_id")
        .agg(pl.col("vehicles_count").mean())
        .group_by("edge_id")
        .agg(counted=pl.col("vehicles_count").sort().mean())
    )


def _zones(city: Sequence[pl.DataFrame], pulls: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    _, sections, buildings, services = city
    return zones_of(sections, buildings, services, pulls, level=rules.zone_level)


def _usable(segments: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """The larger streets of which all is known, and that are open to traffic."""
    streets = segments.unique("edge_id", keep="first").sort("edge_id")
    return streets.drop_nulls(_NEEDED).filter(
        pl.col("class_code") != _LOCAL,
        pl.all_horizontal(pl.col(_NEEDED[2:]) > 0),
        *(pl.col(end).is_in(nodes["node_id"].implode()) for end in _NEEDED[:2]),
    )


def _modelled(
    city: Sequence[pl.DataFrame],
    nodes: pl.DataFrame,
    *,
    planned: Sequence[pl.DataFrame] | None,
    counted: pl.DataFrame,
    rule: pl.DataFrame,
    pulls: pl.DataFrame,
) -> pl.DataFrame:
    """Vehicles both ways, those of the fuller way, its delay, and the share of trips served.

    Of the streets of the city, or of the planned one: segments, sections, buildings, services.
    """
    found: Traffic | None = None
    streets = _usable(city[0], nodes)
    plan: Plan | None = None
    if rule.height == 1 and streets.height:
        known = Rules(**rule.select(one.name for one in fields(Rules)).row(0, named=True))
        zones = _zones(city, pulls, known)
        if planned is not None:
            after = _zones(planned, pulls, known)
            plan = Plan(_usable(planned[0], nodes), after)
        seen = streets.join(counted, on="edge_id", how="left", maintain_order="left")["counted"]
        found = traffic(
            streets, nodes, zones, seen.fill_null(float("nan")).to_numpy(), known, planned=plan
        )
    if found is None:
        numbers = dict.fromkeys(("vehicles", "most", "delay", "served"), pl.Float64())
        return pl.DataFrame(schema={"edge_id": pl.String(), **numbers})
    return (streets if plan is None else plan.streets).select(
        "edge_id",
        vehicles=pl.Series(found.there + found.back),
        most=pl.Series(np.maximum(found.there, found.back)),
        delay=pl.Series(np.maximum(found.there_delay, found.back_delay)),
        served=pl.lit(found.served_ratio),
    )


def _geh() -> pl.Expr:
    """Of the mean of both directions against the one counted."""
    return pl.struct("vehicles", "counted").map_batches(
        lambda both: pl.Series(
            geh(both.struct["vehicles"].to_numpy() / 2, both.struct["counted"].to_numpy())
        ).fill_nan(None),
        return_dtype=pl.Float64,
    ).round(_FINE)  # fmt: skip


def _fit(told: pl.DataFrame, rule: pl.DataFrame) -> dict[str, tuple[object, pl.DataType]]:
    """How the model matches the streets that are counted, the same in each row."""
    both = told.drop_nulls(["vehicles", "counted"])
    modelled, counted = both["vehicles"].to_numpy() / 2, both["counted"].to_numpy()
    served = sum(told["served"].drop_nulls().to_list()[:1])
    matched = explained = None
    if both.height and rule.height == 1:
        matched = float((geh(modelled, counted) < rule["matched_index"].item()).mean())
        spread = float(((counted - counted.mean()) ** 2).sum())
        missed = float(((modelled - counted) ** 2).sum())
        explained = round(1 - missed / spread, _FINE) if spread > 0 else None
    return {
        "matched_ratio": (matched, pl.Float64()),
        "explained_index": (explained, pl.Float64()),
        "completeness_ratio": (round(float(served), _FINE), pl.Float64()),
        "observations_count": (both.height, pl.Int64()),
    }


def _picture(frame: pl.DataFrame) -> str:
    """How many counted streets have which count and which model: a map would not fit."""
    names = [f"from {limit}" for limit in _CLASSES]

    def level(vehicles: pl.Expr) -> pl.Expr:
        return pl.sum_horizontal(vehicles >= limit for limit in _CLASSES).cast(pl.Int64) - 1

    pairs = (
        frame.drop_nulls(["vehicles_count", "counted_count"])
        .group_by(counted=level(pl.col("counted_count")), model=level(pl.col("vehicles_count") / 2))
        .len()
    )
    return heat_table(
        "Streets by the vehicles an hour counted (down) and modelled (across), one way",
        rows=names,
        columns=[name.removeprefix("from ") for name in names],
        values={(names[row], str(_CLASSES[at])): float(n) for row, at, n in pairs.rows()},
        colours=_COLOURS,
        legend="streets; on the diagonal the model is right",
    )


_COUNTED: Final = (
    "state.vehicles_count", "state.hour_at", "state.edge_id", "state.detector_id",
    "state.quality_code", "state.completeness_ratio", "rules.from_h", "rules.until_h",
    "rules.valid_from_on",
)  # fmt: skip
_MODEL: Final = (
    *_COUNTED,
    "segments.from_node_id", "segments.to_node_id", "segments.length_m", "segments.limit_kmh",
    "segments.capacity_count", "segments.class_code", "nodes.node_id", "nodes.lat_deg",
    "nodes.lng_deg", "sections.section_id", "sections.residents_count", "sections.lat_deg",
    "sections.lng_deg", "buildings.section_id", "buildings.use_code", "buildings.floor_m2",
    "services.category_code", "services.capacity_count", "services.lat_deg", "services.lng_deg",
    "pulls.source_code", "pulls.kind_code", "pulls.weight_index", "pulls.valid_from_on",
    "rules.zone_level", "rules.deterrence_min", "rules.return_ratio", "rules.delay_ratio",
    "rules.delay_power_index", "rules.snap_reach_m", "rules.gap_ratio",
)  # fmt: skip
# Whether there is a model at all; not what it says.
_THERE: Final = (
    "segments.from_node_id", "segments.to_node_id", "segments.length_m", "segments.limit_kmh",
    "segments.capacity_count", "segments.class_code", "nodes.node_id", "nodes.lat_deg",
    "nodes.lng_deg", "sections.lat_deg", "sections.lng_deg", "services.lat_deg",
    "services.lng_deg", "pulls.kind_code", "pulls.valid_from_on", "state.edge_id", "rules.from_h",
    "rules.until_h", "rules.valid_from_on",
)  # fmt: skip
_NOT_MEASURED: Final = "è un modello: l'errore si vede solo dove si conta, in matched_ratio"

declaration = Declaration(
    function=modelled_traffic_by_segment,
    key="gold/mobility/modelled_traffic_by_segment",
    reads={
        "segments": "silver/mobility/road_segment",
        "nodes": "silver/mobility/road_node",
        "sections": "silver/services/population_by_section",
        "buildings": "bronze/comune_brescia/buildings",
        "services": "silver/services/point_of_interest",
        "state": "gold/mobility/hourly_traffic_state",
        "rules": "bronze/definitions/traffic_model",
        "pulls": "bronze/definitions/trip_attractions",
    },
    gives={
        "edge_id": given("The publisher's code of the stretch.", "segments.edge_id"),
        "street_name": given("Name of the street.", "segments.street_name"),
        "vehicles_count": given("Modelled vehicles an hour, both ways; null if local.", *_MODEL),
        "saturation_ratio": given("Vehicles over capacity, on the fuller way.", *_MODEL),
        "travel_time_index": given("Time over that of free traffic, on the slower way.", *_MODEL),
        "counted_count": given("Vehicles an hour counted, one way.", *_COUNTED),
        "geh_index": given("How far the model lies from the count; below 5 it matches.", *_MODEL),
        "matched_ratio": given(
            "Share of the counted streets that match.", *_MODEL, "rules.matched_index"
        ),
        "explained_index": given("R² over the counted streets; may be below 0.", *_MODEL),
        "completeness_ratio": given(
            "Share of the inhabitants for whose trips there is a way.", *_MODEL
        ),
        "observations_count": given("Counted streets the total is fitted to.", *_THERE),
        "definition_from_on": given("Since when these rules hold.", "rules.valid_from_on"),
        "quality_code": given("modelled; no_data for local streets.", *_THERE),
    },
    key_columns=("edge_id",),
    window_by=None,
    title="Traffic by a model",
    method_version="2",
    literature=(
        "Gravity model: Wilson 1971. User equilibrium: Wardrop 1952, Beckmann et al. 1956, solved "
        "by Mitradjieva & Lindberg 2013. Weights and deterrence are assumptions, as rows of "
        "definitions; GEH is cited from memory."
    ),
    plot=_picture,
    measured=Measured(
        entity="edge_id",
        urn="urn:ngsi-ld:RoadSegment:brescia:comune_brescia:",
        geometry="segment",
        shapes="silver/mobility/road_segment",
        grain="always",
        definition_from="definition_from_on",
        values={
            "vehicles_count": Value("Veicoli all'ora (modello)", "/h", no_interval=_NOT_MEASURED),
            "saturation_ratio": Value(
                "Veicoli rispetto alla capacità (modello)", "1", no_interval=_NOT_MEASURED
            ),
            "travel_time_index": Value(
                "Tempo rispetto a strada libera (modello)", "1", no_interval=_NOT_MEASURED
            ),
        },
        title="Traffico stimato da un modello",
        how=(
            "Nessuno ha contato chi va dove. Il modello fa andare gli abitanti verso ciò che "
            "attira, tanto meno quanto è lontano, per le strade più veloci finché nessuno guadagna "
            "cambiando, e ne regola solo il totale sui veicoli contati dalle spire. Chi viene da "
            "fuori non c'è. Quanto combacia con i conteggi è scritto in ogni riga "
            "(matched_ratio): non è una misura."
        ),
    ),
)
