import json
from functools import cache
from pathlib import Path

import polars as pl
import pytest
import yaml
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from open_data_contract_standard.model import OpenDataContractStandard

from quality.contract.exports import to_markdown, to_odcs, to_polars_schema, to_ropa
from quality.contract.load import BUILT_IN, contract_folders, load_contract
from quality.contract.model import Contract
from tests.quality.contract.writing import GOOD, changed, saved

PAID = "paid_eur: {from: importo, type: float}"
EVERYTHING = changed(
    PAID,
    PAID
    + """
  pass_count: {type: integer, personal: indirect, treatment: {round_to: 5}}
  fee_eur: {type: decimal}
  is_paid: {type: boolean, optional: true}
  billed_on: {type: date}
  shape_geom: {type: geometry}
  age_band: {from: eta, type: string, personal: indirect, treatment: {bands: [0, 18, 65]}}
  cell_code: {from: [lat, lon], type: string, personal: indirect, treatment: {h3: 9}}
  section_code: {from: [lat2, lon2], type: string, personal: indirect,
                 treatment: {census_section: istat_2021}}
  note: {type: string, personal: indirect, treatment: redact}""",
).replace(
    "legal_basis: public_task",
    """legal_basis: public_task
law: D.lgs. 285/1992
licence: CC-BY-4.0
recipients: [Settore Mobilità]
data_subjects: [automobilisti]
special_categories: [salute]""",
)


@pytest.fixture
def everything(tmp_path: Path) -> Contract:
    return load_contract(saved(tmp_path, EVERYTHING))


@pytest.fixture(params=contract_folders([BUILT_IN]), ids=lambda path: path.name)
def built_in(request: pytest.FixtureRequest) -> Contract:
    return load_contract(request.param)


@cache
def _standard() -> Validator:
    schema = json.loads(OpenDataContractStandard.json_schema())
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def check_odcs(contract: Contract) -> OpenDataContractStandard:
    document = to_odcs(contract)
    _standard().validate(document)
    return OpenDataContractStandard.from_string(yaml.safe_dump(document, allow_unicode=True))


def test_every_contract_of_the_twin_exports(built_in: Contract) -> None:
    document = check_odcs(built_in)

    assert document.id == f"gemello:{built_in.publisher}:{built_in.dataset}"
    assert list(to_polars_schema(built_in)) == list(built_in.stored)
    assert to_markdown(built_in).startswith(f"# {built_in.title}\n")
    assert json.dumps(to_ropa(built_in))


def test_the_open_data_contract_holds_schema_keys_rules_and_terms(everything: Contract) -> None:
    document = check_odcs(everything)

    assert document.schema_ is not None
    (table,) = document.schema_
    columns = {column.name: column for column in table.properties or []}
    assert list(columns) == list(everything.stored)
    assert (columns["session_pid"].primaryKey, columns["session_pid"].primaryKeyPosition) == (
        True,
        1,
    )
    assert columns["entered_at"].required
    assert columns["vehicle_pid"].classification == "pseudonymised_direct"
    assert columns["entered_at"].transformLogic == "truncate 15m"
    assert columns["paid_eur"].quality is not None
    assert columns["paid_eur"].quality[0].engine == "great-expectations"
    terms = {term.property: term.value for term in document.slaProperties or []}
    assert terms == {"frequency": "daily", "retention": 730}


def test_each_type_has_its_column_in_the_table(everything: Contract) -> None:
    schema = to_polars_schema(everything)

    assert schema == pl.Schema(
        {
            "session_pid": pl.String,
            "car_park_id": pl.String,
            "vehicle_pid": pl.String,
            "entered_at": pl.Datetime("us", "UTC"),
            "paid_eur": pl.Float64,
            "pass_count": pl.Int64,
            "fee_eur": pl.Decimal(38, 6),
            "is_paid": pl.Boolean,
            "billed_on": pl.Date,
            "shape_geom": pl.Binary,
            "age_band": pl.String,
            "cell_code": pl.String,
            "note": pl.String,
        }
    )


def test_the_register_says_what_article_30_asks_for(everything: Contract) -> None:
    entry = to_ropa(everything)

    assert entry["titolare"] == "Comune di Brescia"
    assert entry["finalità"] == everything.purpose
    assert entry["base giuridica"].startswith("art. 6, par. 1, lett. e) GDPR")
    assert entry["norma"] == "D.lgs. 285/1992"
    assert entry["categorie di interessati"] == ["automobilisti"]
    assert entry["categorie particolari"] == ["salute"]
    assert entry["destinatari"] == ["Settore Mobilità"]
    assert entry["termine di cancellazione"].startswith("righe: 730 giorni; ")
    assert "vehicle_pid (targa; identificativo diretto)" in entry["categorie di dati"]
    assert "car_park_id" not in entry["misure"]
    assert entry["misure"]["entered_at"] == "generalizzata: troncata a 15 minuti"
    assert entry["misure"]["note"].startswith("testo libero: conservata oscurata")


def test_data_that_are_not_personal_have_a_short_entry(tmp_path: Path) -> None:
    text = "\n".join(
        line
        for line in GOOD.replace("public_task", "not_personal").splitlines()
        if not any(word in line for word in ("_pid", "pseudonymise", "event_time", "entered_at"))
    )
    contract = load_contract(saved(tmp_path, text))

    entry = to_ropa(contract)

    assert entry["categorie di dati"] == []
    assert "misure" not in entry


def test_the_auditors_page_names_every_column_treatment_reason_and_rule(
    everything: Contract,
) -> None:
    page = to_markdown(everything)

    for text in (
        "| `vehicle_pid` | `targa` | targa; identificativo diretto | pseudonimizzata con una "
        "chiave del dominio parking diversa ogni giorno |",
        "| `cell_code` | `lat`, `lon` | dato personale indiretto | generalizzata: ridotta alla "
        "cella H3 di risoluzione 9 |",
        "| `intestatario` | Per contare le auto non serve sapere di chi sono. |",
        "- ogni riga ha `session_pid`, e non si ripete",
        "- `paid_eur` è tra 0 e 80",
        "- `car_park_id` è uno di: P-STAZIONE, P-ARNALDO",
        "- se più del 5 % delle righe è rifiutato, la consegna non è pubblicata",
        "| Righe conservate per | 730 giorni |",
        "| Destinatari | Settore Mobilità |",
    ):
        assert text in page
    assert all(f"`{name}`" in page for name in everything.columns)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            "expect_column_values_to_be_between: {column: paid_eur, min_value: 0, mostly: 0.9}",
            "`paid_eur` è almeno 0, almeno nel 90 % delle righe",
        ),
        (
            "expect_column_values_to_not_be_null: {column: paid_eur, severity: warning}",
            "`paid_eur` c'è sempre (solo segnalata)",
        ),
        (
            "expect_table_row_count_to_be_between: {max_value: 9}",
            "il numero di righe è al massimo 9",
        ),
        (
            "expect_column_stdev_to_be_between: {column: paid_eur, min_value: 1}",
            "`expect_column_stdev_to_be_between`: column = paid_eur, min_value = 1",
        ),
    ],
)
def test_rules_are_told_in_words(tmp_path: Path, rule: str, sentence: str) -> None:
    old = "expect_column_values_to_be_between: {column: paid_eur, min_value: 0, max_value: 80}"
    contract = load_contract(saved(tmp_path, changed(old, rule)))

    assert f"\n- {sentence}\n" in to_markdown(contract)
