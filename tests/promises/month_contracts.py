"""The contracts of the month's publishers, and the tables that are landed and made of them."""

from pathlib import Path
from typing import Final

import yaml

from tests.promises.contracts import COUNTS, VISITS, write_contract
from tests.promises.web_town import AIR_CONTRACT, PARK_CONTRACT

TABLES: Final = (
    "bronze/parks/*",
    "bronze/parcheggi/*",
    "bronze/arpa/*",
    "bronze/verde/*",
    "bronze/trasporti/*",
    "bronze/energia/*",
    "bronze/brescia_mobilita/parking_sessions",
    "bronze/brescia_mobilita/car_parks",
    "bronze/arpa_lombardia/air_quality",
    "bronze/definitions/*",
    "silver/*",
    "gold/mobility/*",
    "gold/air/*",
)
_DROPPED: Final = {"intestatario": "Per contare le auto non serve sapere di chi sono."}
_TREES: Final = """\
    title: Alberi
    owner: team:verde
    purpose: Sapere quali alberi ci sono.
    legal_basis: not_personal
    cadence: static
    archive_days: 14
    source: {protocol: ckan, url: "{portal}", package: alberi, format: csv}
    primary_key: [tree_id]
    columns:
      tree_id: {from: albero, type: string}
      species_name: {from: specie, type: string}
      height_m: {from: alto, type: float}
    """
_STOPS: Final = """\
    title: Fermate
    owner: team:trasporti
    purpose: Sapere dove si ferma l'autobus.
    legal_basis: not_personal
    cadence: static
    archive_days: 14
    source: {protocol: gtfs, url: "{transit}/orari/gtfs.zip", table: stops}
    primary_key: [stop_id]
    columns:
      stop_id: {type: string}
      stop_name: {type: string}
      lat_deg: {from: stop_lat, type: float}
      lng_deg: {from: stop_lon, type: float}
    """
_METERS: Final = """\
    title: Letture dei contatori
    owner: team:energia
    purpose: Sapere quanta energia si consuma.
    legal_basis: not_personal
    cadence: daily
    since: 2025-03-24
    archive_days: 14
    source:
      protocol: sftp
      url: "{energy}/letture_{window:%Y-%m-%d}.csv"
      access: "{energy_access}"
      ready: {suffix: .ok}
      separator: ";"
      decimal: ","
    primary_key: [section_id]
    columns:
      section_id: {from: sezione, type: string}
      used_kwh: {from: energia, type: float}
    """


def write_contracts(root: Path) -> None:
    """Put all of them where an installation finds them."""
    texts = {
        "parks/visits": VISITS,
        "parks/counts": COUNTS,
        "verde/alberi": _TREES,
        "trasporti/fermate": _STOPS,
        "energia/letture": _METERS,
        "parcheggi/soste": yaml.safe_dump({**PARK_CONTRACT, "dropped": _DROPPED}, sort_keys=False),
        "arpa/aria": yaml.safe_dump({**AIR_CONTRACT, "max_quarantined_ratio": 0.5}),
    }
    for key, text in texts.items():
        write_contract(root, key, text)
