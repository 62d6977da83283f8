import pytest

from quality.report.look import number


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (0.0, 4, "0"),
        (12.5, 4, "12,5"),
        (123.456, 4, "123,5"),
        (1234.56, 4, "1.235"),
        (560.3, 2, "560"),
        (9.996, 3, "10"),
        (0.000007123, 2, "0,0000071"),
        (-0.5, 4, "-0,5"),
        (1_250_000.0, 4, "1.250.000"),
    ],
)
def test_numbers_are_written_as_italians_do_and_never_with_an_exponent(
    value: float, digits: int, written: str
):
    assert number(value, digits=digits) == written
