from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from quality.privacy.kinds import kind_of


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", "3.5", "1.234,50", "1e3", ",5"], "numbers"),
        (["2025-01-01", "2025-01-01T10:00:00Z", "1/2/2025", "01.02.2025 10:00"], "dates or times"),
        (["sì", "no", "SI", "vero"], "yes or no"),
        (["aperta", "1", "2025-01-01"], "text"),
        (["", None, "  "], "nothing"),
        ([None, None], "nothing"),
        ([], "nothing"),
        ([1, 2], "numbers"),
        ([1.5, None], "numbers"),
        ([True], "yes or no"),
        ([date(2025, 1, 1)], "dates or times"),
        ([datetime(2025, 1, 1, tzinfo=UTC)], "dates or times"),
        ([[1]], "something else"),
        (["12"] * 95 + ["n.r."] * 5, "numbers"),
    ],
)
def test_a_column_is_of_the_kind_that_nearly_all_its_cells_are(cells: list[Any], kind: str) -> None:
    assert kind_of(pl.Series("x", cells, dtype=pl.String if not cells else None)) == kind
