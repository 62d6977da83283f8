import importlib.util
import linecache
import sys
from pathlib import Path

import pytest

from assets.declaration import Declaration
from assets.method import method_mark

HELPER = '''
"""What two indicators share."""
LIMIT = 3
OTHER = 4
def above(rain): return rain.filter(rain["rain_mm"] > LIMIT)
'''
INDICATOR = '''
"""How often it rains."""
import polars as pl
from assets.declaration import Declaration, given
from assets import made_for_a_test_helper as helper

FACTOR = 2.5
UNUSED = 7

def _scaled(rain):
    """Scale the rain."""
    return rain * FACTOR

def picture(rain):
    return "a picture"

def rain(rain):
    """Give the rain."""
    return _scaled(helper.above(rain))  # in millimetres

declaration = Declaration(
    function=rain, key="gold/weather/rain", reads={"rain": "bronze/a/rain"},
    gives={"rain_mm": given("Rain.", "rain.rain_mm")}, key_columns=("rain_mm",),
    window_by="rained_at", title="Rain", method_version="1", literature="A book.", plot=picture,
)
'''


def mark(
    folder: Path, monkeypatch: pytest.MonkeyPatch, indicator: str = INDICATOR, helper: str = HELPER
) -> int:
    """The mark of an indicator written like this."""
    import assets

    for name, text in (("helper", helper), ("indicator", indicator)):
        path = folder / f"{name}.py"
        path.write_text(text)
        linecache.checkcache(str(path))
        full = "assets.made_for_a_test" + ("_helper" if name == "helper" else "")
        spec = importlib.util.spec_from_file_location(full, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, full, module)
        monkeypatch.setattr(assets, full.partition(".")[2], module, raising=False)
        exec(compile(text, str(path), "exec"), vars(module))  # noqa: S102 # past the bytecode cache
    declaration = module.declaration
    assert isinstance(declaration, Declaration)
    return method_mark(declaration)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # in millimetres", "  # in mm"),
        ('"""Give the rain."""', '"""Give how much it rained."""'),
        ('"""Scale the rain."""', ""),
        ('title="Rain"', 'title="How much it rains"'),
        ("UNUSED = 7", "UNUSED = 8"),
        ('"a picture"', '"another picture"'),
        ("FACTOR = 2.5\n", "# The factor.\nFACTOR = (\n    2.5\n)\n\n"),
    ],
)
def test_words_and_pictures_do_not_make_a_table_be_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    assert old in INDICATOR

    before = mark(tmp_path, monkeypatch)

    assert mark(tmp_path, monkeypatch, indicator=INDICATOR.replace(old, new)) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FACTOR = 2.5", "FACTOR = 2.6"),
        ("rain * FACTOR", "rain + FACTOR"),
        ("_scaled(helper.above(rain))", "_scaled(rain)"),
        ('method_version="1"', 'method_version="2"'),
        ('window_by="rained_at"', "window_by=None"),
        ("bronze/a/rain", "bronze/b/rain"),
        ("plot=picture", "plot=picture, lookback_days=1"),
        ("plot=picture", 'plot=picture, with_history=("rain",)'),
    ],
)
def test_another_method_makes_a_table_be_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    before = mark(tmp_path, monkeypatch)

    assert mark(tmp_path, monkeypatch, indicator=INDICATOR.replace(old, new)) != before


@pytest.mark.parametrize(
    ("old", "new", "is_another"),
    [("LIMIT = 3", "LIMIT = 4", True), ("> LIMIT", "< LIMIT", True), ("OTHER = 4", "", False)],
)
def test_what_an_indicator_uses_of_another_module_belongs_to_its_method(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, is_another: bool
) -> None:
    before = mark(tmp_path, monkeypatch)

    after = mark(tmp_path, monkeypatch, helper=HELPER.replace(old, new))

    assert (after != before) is is_another
