"""The auditor's report of a twin: its sections in the order in which they are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assets.declaration import Declaration
from assets.lineage import Descent, descents
from assets.twin import Twin, code_version
from infra.keys.names import days_of_keys
from quality.contract.exports.italian import CLASSES
from quality.report import access, evidence, ledgers, processing
from quality.report.commits import told
from quality.report.document import Cell, Finding, Report, Section, Table
from quality.report.figures import figures
from quality.report.identities import identities, pseudonyms
from quality.report.impact import domains_of, impact
from quality.report.open_tables import open_tables
from quality.report.picture import columns_by_publisher, rows_by_publisher
from quality.report.snapshot import Snapshot
from quality.report.terms import terms
from quality.tables import bronze_key

_PUBLISHED: Final = ("gold/", "open/")


@dataclass(frozen=True)
class Audited:
    """The report, its drawing (SVG), and the further files that belong to it, by name."""

    report: Report
    picture: str
    certificates: Mapping[str, str]


def audit_report(
    twin: Twin,
    declarations: Mapping[str, Declaration],
    *,
    now: datetime,
    say: Callable[[str], None],
) -> Audited:
    """The report of the twin as it stands. Reads, and writes nothing."""
    contracts, lake = dict(sorted(twin.contracts.items())), Snapshot.of(twin.lake)
    say(f"Reading the commits of {len(contracts)} data sets …")
    deliveries = {key: told(bronze_key(one), lake) for key, one in contracts.items()}
    say("Counting pseudonyms …")
    counted, days = identities(contracts, lake), days_of_keys(twin.settings)
    say("Reading quarantine, open tables and ledgers …")
    erased, certificates = ledgers.erasures(lake)
    opened = sorted(key for key in declarations if key.startswith("open/"))
    sections = (
        processing.register(contracts),
        impact(domains_of(contracts, deliveries, counted, days)),
        processing.minimisation(contracts, deliveries),
        pseudonyms(contracts, deliveries, counted, days),
        evidence.texts(contracts, deliveries, lake),
        evidence.judgements(contracts, deliveries),
        evidence.quarantine(contracts, lake),
        open_tables(opened, lake),
        ledgers.budget(lake),
        terms(contracts, lake, now=now),
        erased,
        access.readers(contracts, lake),
        provenance(declarations, twin),
        access.versions(contracts, deliveries, lake),
    )
    published = [key for key in declarations if key.startswith(_PUBLISHED)]
    there = [key for key in published if lake.exists(key)]
    report = Report(now, code_version(), sections, figures(contracts, deliveries, lake, there))
    picture = rows_by_publisher(deliveries) + columns_by_publisher(contracts)
    return Audited(report, picture, certificates)


def provenance(declarations: Mapping[str, Declaration], twin: Twin) -> Section:
    """From every column of gold and open back to the columns that publishers sent."""
    ways = [way for way in descents(declarations, twin) if way.table.startswith(_PUBLISHED)]
    tables = {way.table for way in ways}
    counted = {(way.table, way.column) for way in ways if way.is_pseudonym}
    return Section(
        "provenienza",
        "Provenienza di ogni colonna pubblicata",
        (
            "Da ogni colonna degli indicatori e delle tabelle aperte si risale alle colonne delle "
            "fonti, con la loro classe di dato personale e ciò che se ne è fatto alla consegna. Il "
            "programma non si avvia se una colonna discende da un identificativo diretto non "
            "trattato o da un testo libero, o se un pseudonimo è altro che contato.",
        ),
        (
            Table(
                "provenance", "Colonne pubblicate e loro origine", _WAYS, _rows(ways), is_long=True
            ),
        ),
        (
            Finding(
                "ok",
                f"Di {len(tables)} tabelle pubblicate ogni colonna risale alla sua fonte; in "
                f"{len(counted)} colonne si contano pseudonimi, e in nessuna passano.",
            ),
        ),
    )


_WAYS: Final = (
    ("table", "Tabella"),
    ("column", "Colonna"),
    ("source", "Fonte"),
    ("source_columns", "Colonna della fonte"),
    ("personal", "Classe"),
    ("treatment", "Trattamento"),
    ("through", "Passa da"),
)


def _rows(ways: list[Descent]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (
            way.table,
            way.column,
            way.source.removeprefix("source/"),
            ", ".join(way.source_columns),
            CLASSES[way.personal],
            way.treatment + (" (una chiave al giorno)" if way.is_by_day else ""),
            " → ".join(f"{table}.{column}" for table, column in way.through),
        )
        for way in ways
    )
