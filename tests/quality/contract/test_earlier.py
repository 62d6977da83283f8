import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from infra.errors import ContractError
from quality.contract.examine import examined
from quality.contract.exports import to_markdown
from quality.contract.load import load_contract
from quality.contract.model import Contract
from tests.quality.contract.writing import GOOD, changed, saved

ROOT = Path(__file__).parents[3]
PAID = "paid_eur: {from: importo, type: float}"
EARLIER = """\
earlier:
  - valid_until: 2025-06-30
    columns: {paid_eur: {from: costo, sent_as: {nulls: "-"}}, car_park_id: {optional: true}}
    source: {separator: ";"}
    dropped: {note: Non servono.}
  - valid_until: 2025-03-31
    columns: {paid_eur: {from: prezzo}}
"""


def contract(folder: Path, text: str = GOOD + EARLIER) -> Contract:
    return load_contract(saved(folder, text))


@pytest.mark.parametrize(
    ("day", "name", "separator"),
    [
        (date(2025, 1, 1), "prezzo", None),
        (date(2025, 3, 31), "prezzo", None),
        (date(2025, 4, 1), "costo", ";"),
        (date(2025, 6, 30), "costo", ";"),
        (date(2025, 7, 1), "importo", None),
    ],
)
def test_each_day_has_the_layout_that_ends_first_after_it(
    tmp_path: Path, day: date, name: str, separator: str | None
) -> None:
    then = contract(tmp_path).on(day)

    assert then.columns["paid_eur"].source == (name,)
    assert then.source.separator == separator


def test_a_layout_changes_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    today = contract(tmp_path)

    then = today.on(date(2025, 6, 30))

    assert then.columns["paid_eur"].sent_as.nulls == ("-",)
    assert then.columns["paid_eur"].type == "float"
    assert then.columns["car_park_id"].optional
    assert list(then.dropped) == ["intestatario", "note"]
    assert then.columns["vehicle_pid"] == today.columns["vehicle_pid"]
    assert then.source.url == today.source.url


def test_a_layout_moved_to_earlier_means_what_it_meant_when_it_was_todays(tmp_path: Path) -> None:
    before = contract(tmp_path / "before", GOOD)
    renamed = changed(PAID, PAID.replace("importo", "importo_eur"))
    moved = "earlier:\n  - {valid_until: 2025-06-30, columns: {paid_eur: {from: importo}}}\n"

    after = contract(tmp_path / "after", renamed + moved)

    assert after.on(date(2025, 6, 30)).rules_version == before.rules_version
    assert after.rules_version == contract(tmp_path / "other", renamed).rules_version
    assert after.version != contract(tmp_path / "other", renamed).version


def test_the_auditors_page_says_how_deliveries_came_before(tmp_path: Path) -> None:
    page = to_markdown(contract(tmp_path))

    assert "| 30/06/2025 | `paid_eur` | da costo; scritta in altro modo |" in page
    assert "| 30/06/2025 | `car_park_id` | può mancare |" in page
    assert "| 30/06/2025 | note | non conservata: Non servono. |" in page
    assert "| 31/03/2025 | `paid_eur` | da prezzo |" in page


WRONG = [
    ("earlier: 2025\n", "earlier: is a number, not a list; write `- valid_until: …` and what was "),
    (
        "earlier: [{columns: {}}]\n",
        "earlier.1.valid_until: is missing; write valid_until: with the last day of this layout",
    ),
    (
        "earlier: [{valid_until: 2025}]\n",
        "earlier.1.valid_until: is a number; write the last day of this layout, as 2025-06-30",
    ),
    (
        "earlier: [{valid_until: 2025-06-30, colums: {}}]\n",
        "earlier.1.colums: unknown key; write columns",
    ),
    (
        "earlier: [{valid_until: 2025-06-30, columns: {paid_eur: {type: string}}}]\n",
        "earlier.1.columns.paid_eur.type: unknown key; remove it; docs/contract.md lists the keys",
    ),
    (
        "earlier: [{valid_until: 2025-06-30, columns: {paid_euro: {from: costo}}}]\n",
        "earlier.1.columns.paid_euro: is not a column of the contract (did you mean paid_eur?); "
        "write a name that stands under columns",
    ),
    (
        'earlier: [{valid_until: 2025-06-30, source: {url: "x"}}]\n',
        "earlier.1.source.url: is the same for all layouts; remove it",
    ),
    (
        "earlier: [{valid_until: 2025-06-30, source: {seperator: ';'}}]\n",
        "earlier.1.source.seperator: unknown key; write separator",
    ),
    (
        "earlier: [{valid_until: 2025-06-30, columns: {paid_eur: {from: targa}}}]\n",
        "earlier.1.columns.paid_eur.personal: targa is personal by vehicle_pid and not by "
        "paid_eur; write the same for both",
    ),
    (
        "earlier: [{valid_until: 2025-06-30, columns: {session_pid: {optional: true}}}]\n",
        "earlier.1.columns.session_pid.optional: the column is primary_key: no row can be without "
        "it; remove optional",
    ),
    (
        "earlier: [{valid_until: 2025-06-30}, {valid_until: 2025-06-30}]\n",
        "earlier.2.valid_until: stands twice; write one layout for each day",
    ),
    (
        "earlier: [{valid_until: 2024-06-30}]\n",
        "earlier.1.valid_until: lies before since: no delivery is so old; remove it",
    ),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_layout_is_refused_with_what_to_write(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ContractError) as caught:
        contract(tmp_path, GOOD + text)

    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"brescia_mobilita/parking_sessions: {message}")


def test_the_example_of_earlier_layouts_is_one() -> None:
    page = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(columns:.+?)```", page, re.DOTALL)
    rest = yaml.safe_load(GOOD)
    kept = {name: rest[name] for name in ("title", "owner", "purpose", "source", "cadence")}
    values = kept | {"legal_basis": "not_personal", "since": date(2023, 1, 1)}

    read = examined({"publisher": "a", "dataset": "b"} | values | yaml.safe_load(example))

    assert read.on(date(2024, 1, 1)).columns["paid_eur"].source == ("costo",)
    assert read.on(date(2025, 1, 1)).columns["is_electric"].optional
    assert not read.on(date(2026, 1, 1)).columns["is_electric"].optional
