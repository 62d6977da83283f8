"""What the disclosure gate found of a release: measures, attacks, what was lost, what is wrong."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from quality.disclosure.attacks import Inference, Linkage, SinglingOut
from quality.disclosure.policy import Release, Thresholds


@dataclass(frozen=True)
class Loss:
    """What a release lost to the gate: cells withheld for their own sake, for others', and units.

    `withheld_ratio` is the share of all person-units that stand in withheld cells.
    """

    cells_count: int = 0
    primary_count: int = 0
    secondary_count: int = 0
    withheld_ratio: float = 0.0

    @property
    def said(self) -> str:
        """The loss in a sentence."""
        if not self.cells_count:
            return "Nothing is withheld."
        return (
            f"{self.primary_count} of {self.cells_count} cells are withheld for their own sake, "
            f"{self.secondary_count} so that these cannot be worked out; "
            f"{self.withheld_ratio:.1%} of all stand in withheld cells."
        )


@dataclass(frozen=True)
class Verdict:
    """What the gate found; numbers and names of columns, never a value.

    `k` is the least group or count shown, None where nothing is. `largest_share` is the greatest
    part that the largest contributors have of a sum shown. `problems` are sentences, one for each
    threshold the release is under; none means that it may be published.
    """

    release: str
    thresholds: Thresholds
    units_count: int
    tables_count: int
    k: int | None
    alone_ratio: float
    distinct_l: Mapping[str, int]
    entropy_l: Mapping[str, float]
    t: Mapping[str, float]
    largest_share: Mapping[str, float]
    singling_out: SinglingOut
    linkage: Linkage
    inference: tuple[Inference, ...]
    loss: Loss = field(default_factory=Loss)
    problems: tuple[str, ...] = ()

    @property
    def as_text(self) -> str:
        """The verdict as JSON, for the notes of the commit."""
        return json.dumps(asdict(self), sort_keys=True)


def kind_of(release: Release) -> str:
    """`records` or `cells`."""
    return type(release).__name__.lower()
