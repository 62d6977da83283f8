"""Counts in sentences: `1 row`, `2 rows`."""


def counted(count: int, one: str, many: str = "") -> str:
    """The count with its noun: `1 row`, `2 rows`; `many` where more than an s is added."""
    return f"{count} {agree(count, one, many or f'{one}s')}"


def agree(count: int, one: str, many: str) -> str:
    """The word that goes with the count, such as `was` or `were`."""
    return one if count == 1 else many
