from datetime import date

import pytest

from infra.errors import TwinError
from infra.windows import Window, consecutive


@pytest.mark.parametrize(
    ("cadence", "start", "end"),
    [
        ("daily", date(2024, 2, 29), date(2024, 3, 1)),
        ("monthly", date(2024, 2, 1), date(2024, 3, 1)),
        ("yearly", date(2024, 1, 1), date(2025, 1, 1)),
    ],
)
def test_a_day_lies_in_the_window_of_its_cadence(cadence, start, end):
    window = Window.of(date(2024, 2, 29), cadence)

    assert (window.start, window.end) == (start, end)


def test_a_range_has_every_window_between_its_days():
    window = Window.between(date(2024, 11, 30), date(2025, 2, 1), "monthly")

    assert [start.month for start in window.starts()] == [11, 12, 1, 2]
    assert str(window) == "2024-11-01/2025-03-01"
    assert date(2025, 2, 28) in window
    assert date(2025, 3, 1) not in window


def test_a_static_window_holds_every_day_and_has_no_starts():
    assert date(1800, 1, 1) in Window.always()
    assert list(Window.always().starts()) == []
    assert str(Window.always()) == "static"


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(TwinError, match="swap them"):
        Window.between(date(2025, 1, 2), date(2025, 1, 1), "daily")


def test_neighbouring_windows_become_one_range():
    days = [date(2025, 3, 3), date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 9)]

    assert [str(window) for window in consecutive(days, "daily")] == [
        "2025-03-01/2025-03-04",
        "2025-03-09/2025-03-10",
    ]
