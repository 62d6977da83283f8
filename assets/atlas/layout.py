"""Where the places of an indicator come to stand on the sheet of a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from assets.atlas.places import Places, middle
from assets.ground import Sheet

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# How large a point is.
RADIUS: Final = 30
_LONGEST: Final = 2000
_MARGIN: Final = 70


@dataclass(frozen=True)
class Drawn:
    """Places in the order in which they are drawn, on a sheet that holds the city, too."""

    sheet: Sheet
    ids: tuple[str, ...]
    shapes: Sequence["BaseGeometry"]
    outline: str

    @classmethod
    def of(cls, places: Places, quarters: Places, *, longest: int = _LONGEST) -> "Drawn | None":
        """All places and the quarters on one sheet; None where no place has a shape."""
        if not places.shapes:
            return None
        import shapely

        shapes = list(places.shapes.values())
        around = [*shapes, *quarters.shapes.values()]
        margin = _MARGIN * longest / _LONGEST
        sheet = Sheet.over(tuple(shapely.total_bounds(around)), longest=longest, margin=margin)
        outline = "".join(sheet.path(one) for one in quarters.shapes.values())
        return cls(sheet, tuple(places.shapes), shapes, outline)

    @property
    def is_area(self) -> bool:
        """Whether places have ground, and not only a line or a point."""
        return all(one.geom_type.endswith("Polygon") for one in self.shapes)

    @property
    def is_point(self) -> bool:
        """Whether all places are points."""
        return all(one.geom_type.endswith("Point") for one in self.shapes)


def middle_on(sheet: Sheet, shape: "BaseGeometry") -> tuple[int, int]:
    """The middle of a shape in steps to the right and down."""
    import shapely

    ((x, y), *_) = sheet.steps(shapely.get_coordinates(middle(shape)))
    return int(x), int(y)
