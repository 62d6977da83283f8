"""From places on the earth to steps on a sheet: north is up, and distances are true."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# Metres of a degree of latitude.
_DEGREE_M: Final = 111_195.0


@dataclass(frozen=True)
class Sheet:
    """A piece of the earth (WGS 84) on a grid of whole steps.

    Degrees of longitude are squeezed by the cosine of the middle latitude.
    """

    west: float
    north: float
    squeeze: float
    scale: float
    margin: float
    width: int
    height: int

    @classmethod
    def over(
        cls, bounds: tuple[float, float, float, float], *, longest: float, margin: float
    ) -> "Sheet":
        """A sheet over bounds (west, south, east, north) whose longer side has so many steps."""
        west, south, east, north = bounds
        squeeze = float(np.cos(np.radians((south + north) / 2)))
        wide, high = (east - west) * squeeze, north - south
        scale = longest / max(wide, high, 1e-9)
        return cls(
            west, north, squeeze, scale, margin,
            width=round(wide * scale + 2 * margin), height=round(high * scale + 2 * margin),
        )  # fmt: skip

    @property
    def steps_a_km(self) -> float:
        """How many steps a kilometre has."""
        return self.scale * 1000 / _DEGREE_M

    def steps(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Longitudes and latitudes (n, 2) as steps to the right and down (n, 2)."""
        x = (points[:, 0] - self.west) * self.squeeze * self.scale + self.margin
        y = (self.north - points[:, 1]) * self.scale + self.margin
        return np.stack([x, y], axis=1).round().astype(np.int64)

    def path(self, shape: "BaseGeometry") -> str:
        """A shape as SVG path commands, relative to each line's first point."""
        import shapely

        text = []
        for part in shapely.get_parts(shape):
            is_area = part.geom_type == "Polygon"
            lines = [part.exterior, *part.interiors] if is_area else [part]
            for line in lines:
                points = self.steps(shapely.get_coordinates(line))
                if not len(points):
                    continue
                steps = np.diff(points, axis=0)
                steps = steps[(steps != 0).any(axis=1)]
                # The last step of an area is its closing.
                moves = " ".join(f"{x} {y}" for x, y in (steps[:-1] if is_area else steps)) or "0 0"
                text.append(f"M{points[0, 0]} {points[0, 1]}l{moves}{'z' if is_area else ''}")
        return "".join(text).replace(" -", "-")
