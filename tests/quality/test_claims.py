import polars as pl
import pytest

from infra.errors import DeliveryRefused
from quality.contract.model import Contract
from quality.privacy.drift import check_claim

CODES = ["RSSMRA80A01B157U", "BNCLRA85T41B157B", "VRDGPP70M15B157D"]


def contract(**column: str) -> Contract:
    return Contract.model_validate(
        {
            "publisher": "city",
            "dataset": "things",
            "title": "Cose",
            "owner": "team:city",
            "purpose": "Provare.",
            "legal_basis": "not_personal",
            "cadence": "static",
            "source": {"protocol": "file", "url": "x.csv"},
            "columns": {"thing_id": {"type": "string", **column}},
        }
    )


def test_plates_in_a_column_that_claims_to_be_nobodys_stop_the_delivery():
    frame = pl.DataFrame({"thing_id": ["AB123CD", "AC124CD", "AD125CD"]})

    with pytest.raises(
        DeliveryRefused, match=r"thing_id \(3 of 3 sampled values: IT_PLATE\)"
    ) as said:
        check_claim(frame, contract())

    assert said.value.check == "privacy"
    assert "AB123CD" not in str(said.value)


@pytest.mark.parametrize(
    "values",
    [
        ["P-STAZIONE", "P-VITTORIA"],
        ["BS012345", "BS012346", "BS012347"],
        ["0302977111", "0302977112"],
        ["01641790171", "03453320170"],
        ["Via Mario Rossi", "Via Giuseppe Verdi"],
        [None, None],
        [],
    ],
)
def test_codes_of_places_sensors_offices_and_companies_are_nobodys(values):
    check_claim(pl.DataFrame({"thing_id": values}, schema={"thing_id": pl.String}), contract())
