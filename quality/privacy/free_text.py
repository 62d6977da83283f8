"""Free text at the gate: stored only as strict redaction leaves it."""

from threading import Lock

import polars as pl

from quality.contract.model import Contract
from quality.privacy.cells import repeats
from quality.privacy.detection.patterns import LONGEST
from quality.privacy.reading import Problem, Reading

# Two columns of texts at once would only wait for one another.
_ONE_AT_A_TIME = Lock()


def redact(reading: Reading, name: str) -> Reading:
    """The texts of a column without what is personal in them, each distinct text looked at once.

    A text too long to be looked at is a problem of its row. Raises TwinError when a recogniser
    failed: nothing of the delivery is passed on then.
    """
    distinct = repeats(reading.rows, up_to=1.0)
    texts = distinct.values.str.strip_chars()
    is_too_long = texts.str.len_chars() > LONGEST
    clean = [
        None if text is None or is_long else _without_persons(text)
        for text, is_long in zip(texts.to_list(), is_too_long.to_list(), strict=True)
    ]
    values = distinct.with_values(pl.Series(clean, dtype=pl.String))
    if not is_too_long.any():
        return Reading(values, reading.problems)
    where = distinct.spread(is_too_long).fill_null(value=False)
    reason = f"{name}: a text of more than {LONGEST} characters cannot be looked at"
    return Reading(values, (*reading.problems, Problem(where, "text_too_long", reason)))


def redaction_note(contract: Contract) -> dict[str, str]:
    """For the commit of a table with free text: which models looked at it."""
    if not any(column.is_free_text for column in contract.stored.values()):
        return {}
    from quality.privacy.detection.engine import looked_with

    return {"redaction": looked_with()}


def _without_persons(text: str) -> str:
    from quality.privacy.detection.redaction import as_label, redacted
    from quality.privacy.detection.strict import hide

    with _ONE_AT_A_TIME:
        return redacted(text, hide(text), as_label)
