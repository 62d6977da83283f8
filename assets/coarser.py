"""Parts that are too small to be told alone are told together, so that no total gives them back."""

from collections.abc import Callable, Sequence


def alone_and_together(
    parts: Sequence[str], passes: Callable[[Sequence[str]], bool]
) -> tuple[list[str], list[str]]:
    """Which parts may be told alone, and which only as one, of a whole whose total is told.

    `parts` come with the one first that is soonest given up. Whoever takes those told alone from
    the total knows the sum of the others, and so it has to pass as a part of its own: parts join it
    until it does. Two empty lists where not even all of them pass as one.
    """
    alone = [part for part in parts if passes([part])]
    together = [part for part in parts if part not in alone]
    while together and not passes(together):
        if not alone:
            return [], []
        together.append(alone.pop(0))
    return alone, sorted(together)
