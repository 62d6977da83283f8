"""What is certified of an erasure, and the ledger in which certificates are chained."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from infra.lake import Lake, TableSpec
from infra.signing import Signed, SigningKey, digest
from quality.erasure.dataset import TableErased
from quality.erasure.proof import Proof
from quality.erasure.subject import Unattributable

LEDGER: Final = "audit/privacy/erasures"
_SCHEMA: Final = pl.Schema(
    {
        "request_id": pl.String(),
        "completed_at": pl.Datetime("us", "UTC"),
        "identifiers_count": pl.Int64(),
        "tables_count": pl.Int64(),
        "rows_count": pl.Int64(),
        "deliveries_count": pl.Int64(),
        "last_backup_expires_on": pl.Date(),
        "certificate": pl.String(),
        "signature": pl.String(),
        "public_key": pl.String(),
        "previous_digest": pl.String(),
    }
)
_DESCRIPTIONS: Final = {
    "request_id": "Id della richiesta",
    "completed_at": "Quando la cancellazione è stata provata e firmata, UTC",
    "identifiers_count": "Quanti identificativi erano nella richiesta",
    "tables_count": "Da quante tabelle sono state tolte righe o versioni",
    "rows_count": "Quante righe sono state tolte",
    "deliveries_count": "Quante consegne sigillate sono state tagliate o distrutte",
    "last_backup_expires_on": "Quando scade l'ultima copia di sicurezza fatta prima",
    "certificate": "Il certificato, in JSON",
    "signature": "Firma Ed25519 del certificato, base64",
    "public_key": "Chiave pubblica che la verifica, base64",
    "previous_digest": "SHA-256 del certificato precedente; vuoto per il primo",
}


@dataclass(frozen=True)
class BackupLeft:
    """A backup made before an erasure, in which the person still is, and the day it ends."""

    id: str
    expires_on: date


@dataclass(frozen=True)
class Done:
    """What was done for a request, to be certified. Counts, names of tables and ids only."""

    request: str
    begun_at: datetime
    completed_at: datetime
    code: str
    kinds: Mapping[str, int]
    tables: Sequence[TableErased]
    deliveries: Mapping[str, Mapping[str, str]]
    unattributable: Sequence[Unattributable]
    backups: Sequence[BackupLeft]
    proof: Proof

    @property
    def rows_count(self) -> int:
        """How many rows were erased."""
        return sum(one.rows_count for one in self.tables)

    @property
    def deliveries_count(self) -> int:
        """How many sealed deliveries were cut or destroyed."""
        return sum(len(found) for found in self.deliveries.values())

    @property
    def last_backup_expires_on(self) -> date | None:
        """When the last backup ends that was made before; None if there is none."""
        return max((one.expires_on for one in self.backups), default=None)

    def document(self, *, previous: str) -> dict[str, object]:
        """The certificate, before it is signed."""
        kinds = {
            key: {what: list(found.values()).count(what) for what in sorted(set(found.values()))}
            for key, found in sorted(self.deliveries.items())
        }
        last = self.last_backup_expires_on
        return {
            "certificate": "gemello erasure 1",
            "request": self.request,
            "begun_at": self.begun_at.isoformat(),
            "completed_at": self.completed_at.isoformat(),
            "code": self.code,
            "identifiers": dict(self.kinds),
            "rows_erased": self.rows_count,
            "tables": [asdict(one) for one in self.tables],
            "sealed_deliveries": kinds,
            "not_attributable": {
                "why": _ARTICLE_11,
                "days": [
                    {
                        "key_domain": one.domain,
                        "days": one.days_count,
                        "first": one.first.isoformat(),
                        "last": one.last.isoformat(),
                    }
                    for one in self.unattributable
                ],
            },
            "backups": {
                "why": _BACKUPS,
                "left": [
                    {"id": one.id, "expires_on": one.expires_on.isoformat()} for one in self.backups
                ],
                "last_expires_on": last.isoformat() if last else None,
            },
            "later_deliveries": _LATER,
            "proof": {
                "values_looked_for": self.proof.values_count,
                "found": 0,
                "places": [asdict(one) for one in self.proof.looked],
                "sealed_deliveries_opened": self.proof.deliveries_count,
                "tables_looked_at": self.proof.tables_count,
            },
            "previous": previous,
        }


_ARTICLE_11: Final = (
    "Keys of these days were destroyed as their term ended. Nobody, the city included, can tell "
    "which rows of these days are the person's (GDPR Art. 11)."
)
_BACKUPS: Final = (
    "Backups made before are encrypted and end on these days. Whoever restores one is rid of the "
    "person's rows in the same step."
)
_LATER: Final = (
    "Rows of the person that publishers send from now on are taken out before they are sealed or "
    "stored, by keyed prints of the identifiers, until somebody lifts that."
)


def certify(done: Done, key: SigningKey, lake: Lake) -> Signed:
    """Sign what was done, chained to the certificate before it, and enter it in the ledger.

    Entered again by a run that was stopped after it, the same request has two rows: both are true.
    """
    with lake.upkeep.alone(LEDGER):
        entries = pl.DataFrame(schema=_SCHEMA)
        if lake.exists(LEDGER):
            entries = lake.read(LEDGER).select(list(_SCHEMA)).collect()
        signed = key.sign(done.document(previous=_last_digest(entries)))
        row = pl.DataFrame(
            [
                (
                    done.request,
                    done.completed_at,
                    sum(done.kinds.values()),
                    len(done.tables),
                    done.rows_count,
                    done.deliveries_count,
                    done.last_backup_expires_on,
                    json.dumps(signed.document, ensure_ascii=False, sort_keys=True),
                    signed.signature,
                    signed.public_key,
                    str(signed.document["previous"]),
                )
            ],
            schema=_SCHEMA,
            orient="row",
        )
        lake.replace_all(
            LEDGER,
            pl.concat([entries, row]),
            spec=TableSpec(
                _SCHEMA, descriptions=_DESCRIPTIONS, description="Registro delle cancellazioni"
            ),
            notes={"erasure": done.request},
            mark=entries.height + 1,
        )
    return signed


def _last_digest(entries: pl.DataFrame) -> str:
    """The digest of the newest certificate: whoever takes one out breaks the chain."""
    if entries.is_empty():
        return ""
    last = entries.sort("completed_at", maintain_order=True).row(-1, named=True)
    return digest(json.loads(last["certificate"]))


def broken_links(entries: pl.DataFrame) -> list[str]:
    """The requests whose entry in the ledger is not signed rightly, or does not follow the last."""
    from infra.signing import is_valid

    broken, before = [], ""
    for row in entries.sort("completed_at", maintain_order=True).iter_rows(named=True):
        document = json.loads(row["certificate"])
        signed = Signed(document, row["signature"], row["public_key"])
        if not is_valid(signed) or document["previous"] != before:
            broken.append(row["request_id"])
        before = digest(document)
    return broken
