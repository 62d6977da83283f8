"""What every computed table must hold before it is committed, and how its size drifts."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from infra.counting import agree, counted
from infra.errors import DeliveryRefused
from quality.privacy.detection.spans import LABELS

# A pseudonym as the gate writes it: the key's version and 26 letters of base32.
_PSEUDONYM: Final = r"^[0-9]+[a-z2-7]{26}$"
# What redaction writes in place of what it hides.
_REDACTED: Final = rf"\[(?:…|{'|'.join(LABELS)})\]"
# A window with fewer or more rows than this share of what is usual is worth a look.
_USUAL: Final = (0.5, 2.0)


def check_anonymous(table: str, frame: pl.DataFrame) -> None:
    """Raise DeliveryRefused where a column follows persons, whatever its name says."""
    for name, dtype in frame.schema.items():
        if name.endswith("_pid"):
            raise DeliveryRefused(
                f"{table}: nothing was published: {name} is a pseudonym, and no person is followed "
                "from silver up; aggregate it away",
                check="privacy",
            )
        if dtype == pl.String and frame[name].str.contains(_PSEUDONYM).any():
            raise DeliveryRefused(
                f"{table}: nothing was published: {name} holds pseudonyms under another name; "
                "aggregate them away",
                check="privacy",
            )
        if dtype == pl.String and frame[name].str.contains(_REDACTED).any():
            raise DeliveryRefused(
                f"{table}: nothing was published: {name} holds redacted texts, which stay in "
                "bronze; count or classify them there",
                check="privacy",
            )


def check_key(table: str, frame: pl.DataFrame, key: Sequence[str]) -> None:
    """Raise DeliveryRefused where the key of a table is empty somewhere or not unique."""
    missing = frame.filter(pl.any_horizontal(pl.col(key).is_null())).height
    if missing:
        raise DeliveryRefused(
            f"{table}: nothing was published: {missing} of "
            f"{counted(frame.height, 'row')} {agree(missing, 'lacks', 'lack')} a part of the "
            f"key ({', '.join(key)})",
            check="contract",
        )
    repeated = frame.height - frame.select(key).n_unique() if frame.height else 0
    if repeated:
        raise DeliveryRefused(
            f"{table}: nothing was published: {repeated} of "
            f"{counted(frame.height, 'row')} {agree(repeated, 'repeats', 'repeat')} the key "
            f"({', '.join(key)})",
            check="contract",
        )


def size_drift(rows_by_window: Sequence[int]) -> str | None:
    """A sentence where the newest window's rows are far from the median of those before it.

    The rows of each window come in the order of time. Fewer than three windows before: None.
    """
    *before, newest = rows_by_window or (0,)
    if len(before) < 3:
        return None
    usual = pl.Series(before).median()
    if not isinstance(usual, float) or usual <= 0:
        return None
    low, high = _USUAL
    if low <= newest / usual <= high:
        return None
    return f"the newest window has {counted(newest, 'row')}, where {usual:g} are usual"
