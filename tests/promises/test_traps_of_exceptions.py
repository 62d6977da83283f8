"""Known ways in which an error, a plan or a query tells the value it failed on."""

import ast
import importlib
import io
import pkgutil
import secrets
import traceback
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pydantic
import pytest
from polars.testing import assert_frame_equal

import infra
import quality
from assets.boundary import value_free
from infra.errors import TwinError
from infra.keys import CipherKey, PseudonymKey
from infra.keys.ring import Slot
from quality.privacy.cells import Repeats
from quality.privacy.pseudonyms import pseudonyms, pseudonyms_by_day, reencrypted
from tests.promises.canaries import Person

ROOT: Final = Path(__file__).parents[2]
CODE: Final = Person(811).fiscal_code
CODES: Final = pl.DataFrame({"cf": [CODE]})
FILE: Final = f"cf\n{CODE}\n".encode()


class _Counted(pydantic.BaseModel):
    cf: int


def by_arrow_csv() -> object:
    options = pa.csv.ConvertOptions(column_types={"cf": pa.int64()})
    return pa.csv.read_csv(io.BytesIO(FILE), convert_options=options)


TELLING: Final[dict[str, Callable[[], object]]] = {
    "cast": lambda: CODES["cf"].cast(pl.Int64),
    "to_date": lambda: CODES["cf"].str.to_date("%Y"),
    "strptime": lambda: CODES["cf"].str.strptime(pl.Datetime, "%Y-%m-%d"),
    "to_integer": CODES["cf"].str.to_integer,
    "cast to Enum": lambda: CODES["cf"].cast(pl.Enum(["a"])),
    "read_csv": lambda: pl.read_csv(io.BytesIO(FILE), schema={"cf": pl.Int64}),
    "DataFrame": lambda: pl.DataFrame({"cf": [CODE]}, schema={"cf": pl.Int64}),
    "from_dicts": lambda: pl.from_dicts([{"cf": CODE}], schema={"cf": pl.Int64}),
    "map_elements": lambda: CODES["cf"].map_elements(lambda cell: {}[cell], return_dtype=pl.Int64),
    "plan": lambda: CODES.lazy().filter(pl.col("cf") == CODE).select("none").collect(),
    "assert_frame_equal": lambda: assert_frame_equal(CODES, pl.DataFrame({"cf": ["x"]})),
    "Arrow cast": lambda: pa.array([CODE]).cast(pa.int64()),
    "Arrow array": lambda: pa.array([CODE], type=pa.int64()),
    "Arrow CSV": by_arrow_csv,
    "DuckDB": lambda: duckdb.from_arrow(CODES.to_arrow()).project("cf::INTEGER").fetchall(),
    "pydantic": lambda: _Counted.model_validate({"cf": CODE}),
}


@pytest.mark.parametrize("fails", TELLING.values(), ids=list(TELLING))
def test_whatever_fails_in_a_step_leaves_it_without_the_value(fails: Callable[[], object]) -> None:
    with pytest.raises(Exception, match=r"(?s).") as by_itself:
        fails()
    assert CODE in told_by(by_itself.value)

    with pytest.raises(TwinError) as left, value_free("parks/visits"):
        fails()
    with pytest.raises(TwinError) as ours, value_free("parks/visits"):
        raising_ours_from(fails)

    assert type(by_itself.value).__name__ in str(left.value)
    assert CODE not in told_by(left.value)
    assert CODE not in told_by(ours.value)


def told_by(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def raising_ours_from(fails: Callable[[], object]) -> None:
    try:
        fails()
    except Exception as error:
        raise TwinError("the column could not be read") from error


def test_no_model_of_ours_shows_what_it_was_given() -> None:
    for package in (quality, infra):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in module.name and ".training" not in module.name:
                importlib.import_module(module.name)
    models = {each for each in models_below(pydantic.BaseModel) if is_ours(each)}

    assert len(models) > 10
    telling = [each for each in models if not each.model_config.get("hide_input_in_errors")]
    assert telling == []


def models_below(model: type[pydantic.BaseModel]) -> Iterator[type[pydantic.BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from models_below(each)


def is_ours(model: type[pydantic.BaseModel]) -> bool:
    return model.__module__.partition(".")[0] in ("quality", "infra")


def test_no_plan_of_polars_holds_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[bytes] = []
    for name in ("collect", "_collect_eager"):  # the second is what frames do at once
        monkeypatch.setattr(pl.LazyFrame, name, recording(getattr(pl.LazyFrame, name), plans))
    # Of ASCII: plans write greater bytes as two, and a look for them would be blind.
    mac, old, new = (secrets.token_hex(16).encode() for _ in range(3))
    key = PseudonymKey(mac, old, 1, "parks.k1")
    forms, day = CODES["cf"], date(2025, 3, 24)

    names = pseudonyms(forms, "IT_FISCAL_CODE", key)
    pseudonyms_by_day(Repeats(forms, None), pl.Series([day]), "IT_FISCAL_CODE", lambda _: key)
    before, after = (
        CipherKey(secret, Slot("parks", turn=turn)) for secret, turn in ((old, 1), (new, 2))
    )
    reencrypted(names, before, after)

    assert len(plans) >= 4
    with_key = pl.LazyFrame({"a": [b"x"]}).filter(pl.col("a") == pl.lit(mac)).serialize()
    assert holds(with_key, mac)
    assert not [key for key in (mac, old, new) for plan in plans if holds(plan, key)]


def recording(collect: Callable[..., object], plans: list[bytes]) -> Callable[..., object]:
    def recorded(self: pl.LazyFrame, *given: object, **named: object) -> object:
        plans.append(self.serialize())
        return collect(self, *given, **named)

    return recorded


def holds(plan: bytes, key: bytes) -> bool:
    return any(form in plan for form in (key, key.hex().encode(), str(list(key)).encode()))


def test_no_query_is_made_of_a_key() -> None:
    speaking = {
        path.relative_to(ROOT).as_posix(): sorted(imported_by(path))
        for package in ("orchestration", "assets", "quality", "infra")
        for path in (ROOT / package).rglob("*.py")
        if "import duckdb" in path.read_text(encoding="utf-8")
    }

    assert list(speaking) == ["orchestration/cli/reading.py"]
    (imported,) = speaking.values()
    assert "duckdb" in imported
    assert [name for name in imported if "keys" in name or "pseudonyms" in name] == []


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
