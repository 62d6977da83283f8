"""The Comune's register of actions: what it decided, when and what for; not what came of it."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import JsonList
from infra.simulator.publication import Publication
from infra.simulator.terrain import degrees

KEY: Final = "comune_brescia/actions"
PLACE: Final = "comune_files"
FORM: Final = JsonList(before='{"azioni":[', after="]}")


def publish(city: City, publication: Publication) -> None:
    """Deliver one document, and tell what each action truly brings about in the data."""
    put(publication, FORM, batches(city))
    for action in city.actions.values():
        if action.effect_ratio is not None:
            publication.planted(
                "effect of an action",
                action_id=action.action_id,
                goal_indicator=action.goal_indicator,
                effect_ratio=action.effect_ratio,
            )


def batches(city: City) -> Iterator[Batch]:
    """The register as it stands before the first day; goals were written down at the decision."""
    known = list(city.actions.values())
    lat, lng = degrees(
        np.array([action.x_m for action in known]), np.array([action.y_m for action in known])
    )
    rows = pl.DataFrame(
        {
            "id": [action.action_id for action in known],
            "tipo": [action.kind for action in known],
            "titolo": [action.title for action in known],
            "decisa_il": [f"{action.decided_on}" for action in known],
            "inizio_il": [f"{action.started_on}" for action in known],
            "fine_il": [f"{action.finished_on}" for action in known],
            "costo_eur": [action.cost_eur for action in known],
            "obiettivo.indicatore": [action.goal_indicator for action in known],
            "obiettivo.rapporto_atteso": [action.goal_ratio for action in known],
            "obiettivo.registrato_il": [f"{action.decided_on}" for action in known],
            "area.lat": lat.round(6),
            "area.lng": lng.round(6),
            "area.raggio_m": [action.radius_m for action in known],
        }
    )
    yield Batch("piano/azioni.json", midnight(city.start), city.start, rows)
