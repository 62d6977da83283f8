"""The audit of what is stored as it came or coarser: whether it holds what nobody declared.

A sample of each column is searched for forms that could be of a person; what has such a form
Presidio is shown. So a delivery in which nothing looks personal costs some milliseconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from quality.contract.columns import Column
from quality.contract.model import Contract
from quality.privacy import words
from quality.privacy.detection.spans import CERTAIN, Label
from quality.privacy.personal import Finding, sample_of

# Numbers with fewer digits identify nobody by themselves.
_LEAST_NUMBER: Final = 10**8
_GREATEST: Final = 10**18
_YEAR: Final = "[0-9LMNP-V]"
_CAPITALISED: Final = r"(?:[A-ZÀ-Ù][a-zà-ù]*(?:['’][A-ZÀ-Ù]?[a-zà-ù]+)?|[A-ZÀ-Ù'’]{2,})"


@dataclass(frozen=True)
class _Kind:
    """What is looked for: a form in which it always stands, and how many hits are an alarm.

    `share` of up to 200 distinct values, and `least` of them whatever the share.
    """

    label: Label
    form: str
    share: float
    least: int = 2


# A single codice fiscale with the right check digit can be nothing else. Plates, cards and bare
# telephones can: the codes of the city's own things look like them now and then.
_KINDS: Final = (
    _Kind(
        "IT_FISCAL_CODE",
        rf"(?i)\b[A-Z]{{3}}[ .-]?[A-Z]{{3}}[ .-]?{_YEAR}{{2}}[ .-]?[A-EHLMPR-T][ .-]?{_YEAR}{{2}}"
        rf"[ .-]?[A-Z][ .-]?{_YEAR}{{3}}[ .-]?[A-Z]\b",
        share=0.0,
        least=1,
    ),
    _Kind("IBAN_CODE", r"(?i)\b[A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}", share=0.02),
    _Kind("EMAIL_ADDRESS", r"(?i)@|\bchiocciola\b", share=0.02),
    _Kind("IT_POD", r"(?i)\bIT[ ]?[0-9]{3}[ ]?E[ ]?[0-9]{8}", share=0.1),
    _Kind("IT_PLATE", r"(?i)\b[A-Z]{2}[ -]?[0-9]{3}[ -]?[A-Z]{2}\b", share=0.1),
    _Kind("PHONE_NUMBER", r"(?:\+|\b00)[1-9][0-9 ./-]{7,}|\b3[2-9][0-9][ ./-][0-9]", share=0.1),
    _Kind("PHONE_NUMBER", r"^3[2-9][0-9]{7,8}$", share=0.5),
    _Kind("MAC_ADDRESS", r"(?i)\b[0-9A-F]{2}(?:[:-][0-9A-F]{2}){5}\b", share=0.1),
    _Kind("IP_ADDRESS", r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b", share=0.1),
    _Kind("CREDIT_CARD", r"\b[2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}\b", share=0.5),
    _Kind("IMEI", r"\b[0-9]{15}\b", share=0.5),
)
# What all of them have.
_ANY: Final = r"(?i)@|chiocciola|[0-9].*[0-9].*[0-9]"
# With fewer values than these one hit is enough.
_FEW: Final = 10
_FIRST_NAMES: Final = [f" {name} " for name in sorted(words.FIRST_NAMES)]
# Of columns of names half are found at least; of toponyms hardly any, once Presidio has looked.
_SHARE_NAMES: Final = 0.5
_SHARE_IN_PROSE: Final = 0.3
_FEWEST_NAMES: Final = 3
# What a column must have of common first names before anybody looks closer.
_SHARE_FIRST_NAMES: Final = 0.15
# An author who says that a column holds these has said what stands in it.
_NAMED_AFTER: Final = ("ADDRESS",)


def unexpected(contract: Contract, frames: Sequence[pl.DataFrame]) -> list[str]:
    """For each column that holds, or is called, what nobody declared: its name and why.

    Pseudonyms and redacted texts are not looked at, and of the kind that `entity` names a column
    may hold as many as it likes. Empty where all is as the contract says.
    """
    columns = {
        name: column
        for name, column in contract.stored.items()
        if not column.is_pseudonym and not column.is_free_text
    }
    said = {name: found for name, one in columns.items() if (found := by_name(name, one))}
    samples = {
        name: texts
        for name in columns.keys() - said.keys()
        if len(texts := _texts([frame[name] for frame in frames]))
    }
    for name, finding in _findings(samples, columns):
        said.setdefault(name, finding)
    return [f"{name} ({said[name]})" for name in columns if name in said]


def by_name(name: str, column: Column) -> Finding | None:
    """Whether a column that is kept as nobody's is called after something of a person."""
    if column.personal != "none" or column.treatment != "keep" or column.entity is not None:
        return None
    called = next((one for one in (name, *column.source) if words.names_one_person(one)), None)
    return None if called is None else Finding("by its name")


def _texts(parts: Sequence[pl.Series]) -> pl.Series:
    """A sample of the values that could hold something: texts, and numbers of nine digits on."""
    dtype = parts[0].dtype
    if not dtype.is_numeric() and dtype != pl.String:
        return pl.Series(dtype=pl.String)  # dates, instants, yes and no, shapes
    cells = pl.concat(parts) if len(parts) > 1 else parts[0]
    if dtype.is_numeric():
        greatest, least = cells.max(), cells.min()
        if not isinstance(greatest, int | float | Decimal) or not isinstance(
            least, int | float | Decimal
        ):
            return pl.Series(dtype=pl.String)
        if max(greatest, -least) < _LEAST_NUMBER:
            return pl.Series(dtype=pl.String)
        cells = cells.cast(pl.Float64).filter(cells.abs().is_between(_LEAST_NUMBER, _GREATEST))
        cells = cells.filter(cells == cells.floor()).cast(pl.Int64)
    return pl.Series(sample_of(cells), dtype=pl.String)


def _findings(
    samples: Mapping[str, pl.Series], columns: Mapping[str, Column]
) -> Iterator[tuple[str, Finding]]:
    """What looks personal in the samples of a table; all of them are searched at once."""
    if not samples:
        return
    names = [name for name, texts in samples.items() for _ in texts]
    rows = pl.DataFrame({"name": names, "text": pl.concat(samples.values())})
    counts = {name: len(texts) for name, texts in samples.items()}
    may_identify = rows.filter(rows["text"].str.contains(_ANY))
    for kind in _KINDS if may_identify.height else ():
        hits = may_identify.filter(may_identify["text"].str.contains(kind.form))
        for name, candidates in _by_column(hits):
            count = counts[name]
            needed = max(kind.least if count >= _FEW else 1, kind.share * count)
            if kind.label != columns[name].entity:
                yield from _confirmed(name, candidates, kind.label, needed=needed, of=count)
    yield from _names(rows, counts, columns)


def _names(
    rows: pl.DataFrame, counts: Mapping[str, int], columns: Mapping[str, Column]
) -> Iterator[tuple[str, Finding]]:
    """Columns of names of persons, one a cell or in what is written there."""
    letters = rows["text"].str.to_lowercase().str.replace_all(r"[^\p{L}]+", " ")
    rows = rows.filter((" " + letters + " ").str.contains_any(_FIRST_NAMES))
    for name, texts in _by_column(rows):
        count = counts[name]
        least = max(_FEWEST_NAMES, _SHARE_FIRST_NAMES * count)
        if len(texts) < least or columns[name].entity in _NAMED_AFTER:
            continue
        is_name = texts.str.contains(rf"^{_CAPITALISED}(?:,?\s+{_CAPITALISED}){{1,2}}$")
        for candidates, share in (
            (texts.filter(is_name), _SHARE_NAMES),
            (texts.filter(~is_name), _SHARE_IN_PROSE),
        ):
            needed = max(_FEWEST_NAMES, share * count)
            yield from _confirmed(name, candidates, "PERSON", needed=needed, of=count)


def _by_column(rows: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    for (name,), part in rows.group_by("name", maintain_order=True):
        yield str(name), part["text"]


def _confirmed(
    name: str, candidates: pl.Series, label: Label, *, needed: float, of: int
) -> Iterator[tuple[str, Finding]]:
    """The finding, if Presidio finds one in as many of the candidates as are needed."""
    if len(candidates) < needed:
        return
    from quality.privacy.detection.engine import detect
    from quality.privacy.detection.patterns import SHORT

    hits, is_certain = 0, False
    for text in candidates.to_list():
        scores = [span.score for span in detect(text[:SHORT]) if span.label == label]
        hits += bool(scores)
        is_certain = is_certain or CERTAIN in scores
    # One alone may be somebody's serial number, unless its check digit is right.
    if hits >= needed and (hits > 1 or is_certain or of < _FEW):
        yield name, Finding(label, hits, of)
