"""The whole of an erasure: noted, done, proved, certified. Stopped anywhere, it is gone on with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from infra.backup import Backups
from infra.errors import UsageError
from infra.seal.erasures import Erasure, Print, prints_of
from infra.signing import Signed, SigningKey
from quality.contract.model import Contract
from quality.erasure.certificate import BackupLeft, Done, certify
from quality.erasure.dataset import Dataset, Told
from quality.erasure.proof import Place, prove
from quality.erasure.request import Request
from quality.erasure.subject import Subject
from quality.workplace import Workplace

__all__ = ["Office", "erase", "lift"]


@dataclass(frozen=True)
class Office:
    """Where erasures are done: the workplace and its contracts, the backups, what else is searched.

    `places` are folders of the installation beside lake and archive, such as Dagster's.
    """

    at: Workplace
    contracts: Mapping[str, Contract]
    backups: Backups
    places: Sequence[Place]
    signing_key: Callable[[], SigningKey]
    code: str


def erase(request: Request, office: Office, *, clock: Callable[[], datetime], told: Told) -> Signed:
    """Erase a person everywhere, prove it, and sign that; the certificate.

    Raises NotErased, and signs nothing, where anything is left; TwinError where others go on
    writing a table. The same request again finishes what was stopped, and finds what came since.
    """
    at = office.at
    entry = _noted(request, office, now=clock())
    office.backups.tell(entry)
    told("noted: later deliveries are kept clean")
    subject = Subject(request, at.keyring)
    datasets = [
        Dataset(key, office.contracts.get(key), subject=subject, at=at) for key in _datasets(office)
    ]
    tables = [done for dataset in datasets for done in dataset.erase(told)]
    entry = at.archive.erasures.get(request.id) or entry
    office.backups.tell(entry)
    told("backups told")
    proof = prove(
        subject,
        at=at,
        contracts=office.contracts,
        places=office.places,
        purged=[table for dataset in datasets for table in dataset.purged],
    )
    told("proved")
    done = Done(
        request=request.id,
        begun_at=entry.begun_at,
        completed_at=clock(),
        code=office.code,
        kinds=request.kinds,
        tables=tables,
        deliveries=entry.deliveries,
        unattributable=subject.unattributable(office.contracts.values()),
        backups=[BackupLeft(one.id, one.expires_on) for one in office.backups.all()],
        proof=proof,
    )
    signed = certify(done, office.signing_key(), at.lake)
    told("signed, and entered in the ledger")
    return signed


def lift(request_id: str, office: Office) -> None:
    """Let rows land again that a request has kept out until now; what was erased stays erased."""
    entry = office.at.archive.erasures.get(request_id)
    if entry is None:
        raise UsageError(f"there was no request {request_id}")
    lifted = replace(entry, is_lifted=True)
    office.at.archive.erasures.put(lifted)
    office.backups.tell(lifted)


def _noted(request: Request, office: Office, *, now: datetime) -> Erasure:
    """Note, before anything else, who may not come back: a landing that begins now sees it."""
    erasures = office.at.archive.erasures
    known = erasures.get(request.id) or Erasure(request.id, begun_at=now, asked_at=now)
    prints = sorted({*known.prints, *_prints(request, office)}, key=lambda one: one.digest)
    entry = replace(known, asked_at=now, prints=tuple(prints), is_lifted=False)
    erasures.put(entry)
    return entry


def _prints(request: Request, office: Office) -> Iterable[Print]:
    for one in request.identifiers:
        (digest,) = prints_of([one.form], one.entity, office.at.keyring)
        yield Print(one.entity, one.domain, digest)


def _datasets(office: Office) -> list[str]:
    """Every data set of which anything is stored, whether it still has a contract or not."""
    tables = office.at.lake.tables()
    stored = {
        key
        for stage, _, key in (table.partition("/") for table in tables)
        if stage in ("bronze", "quarantine")
    }
    return sorted(stored | set(office.at.archive.contents.contract_keys()))
