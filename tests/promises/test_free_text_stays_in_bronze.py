import json
import shutil
from pathlib import Path
from typing import Final

import polars as pl
import pytest
import yaml
from deltalake import DeltaTable

from assets.declaration import Declaration, given
from assets.derive import derive
from infra.errors import DeliveryRefused, TwinError
from infra.scan import scan
from infra.windows import Window
from quality.contract.load import BUILT_IN
from quality.privacy.detection.engine import looked_with
from tests.promises.town import FIRST_DAY, Town, days, simulated_town

REPORTS: Final = "bronze/posta/segnalazioni"
TRUTH: Final = "_ground_truth/citizen_text_spans.parquet"


@pytest.fixture(scope="module")
def answered_once(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town to whose Comune citizens wrote for three days; their letters come as files."""
    folder = tmp_path_factory.mktemp("letters")
    town = simulated_town(folder, days=3, only=["comune_brescia/citizen_reports"])
    agreed = (BUILT_IN / "comune_brescia/citizen_reports/contract.yaml").read_text("utf-8")
    url = "{comune_api}/citizen_reports/{window:%Y-%m-%d}.jsonl"
    contract = {
        **yaml.safe_load(agreed),
        "owner": "team:posta",
        "source": {"protocol": "file", "url": url},
    }
    place = folder / "contracts/posta/segnalazioni"
    place.mkdir(parents=True)
    (place / "contract.yaml").write_text(yaml.safe_dump(contract, sort_keys=False), "utf-8")
    town = Town(town.home, town.sources, folder / "contracts")
    summary = town.run(REPORTS, first=FIRST_DAY, last=days(3)[-1])
    assert summary.is_success, summary.failures
    return town


@pytest.fixture
def answered(answered_once: Town, tmp_path: Path) -> Town:
    """The same, for a test that writes to its lake."""
    shutil.copytree(answered_once.home, tmp_path / "home")
    return Town(tmp_path / "home", answered_once.sources, answered_once.contracts)


def gold(read: pl.Expr) -> Declaration:
    """An indicator of the letters of each day that looks at one more thing of them."""

    def letters(reports: pl.DataFrame) -> pl.DataFrame:
        said = reports.with_columns(said_code=read, day_on=pl.col("reported_at").dt.date())
        return said.select("day_on", "said_code").unique(["day_on"]).drop_nulls()

    return Declaration(
        function=letters,
        key="gold/services/daily_letters",
        reads={"reports": REPORTS},
        gives={"day_on": given("Day."), "said_code": given("What is said.")},
        key_columns=("day_on",),
        window_by="day_on",
        title="Letters",
        method_version="1",
        literature="None.",
        since=FIRST_DAY,
    )


def computed(town: Town, declaration: Declaration) -> int:
    window = Window.between(FIRST_DAY, days(3)[-1], "daily")
    return derive(declaration, {}, twin=town.twin(), requested=window, notes={}).rows_count


def test_letters_are_stored_and_nobody_who_is_named_in_them(answered_once: Town) -> None:
    truth = pl.read_parquet(answered_once.sources / TRUTH)
    people = (answered_once.sources / "_ground_truth/canaries.txt").read_text("utf-8").split("\n")

    stored = pl.read_delta(str(answered_once.lake / REPORTS))["report_text"]
    hits = scan(answered_once.home.parent, [one for one in people if one])

    assert stored.null_count() == 0
    assert truth.height > 100
    assert stored.str.contains(r"\[PERSON\]").mean() > 0.3
    assert [(hit.path, hit.form, hit.place) for hit in hits] == []


def test_most_of_what_citizens_wrote_can_still_be_read(answered_once: Town) -> None:
    letters = [
        json.loads(line)["testo"]
        for file in (answered_once.sources / "comune_api/citizen_reports").glob("*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]

    stored = pl.read_delta(str(answered_once.lake / REPORTS))["report_text"]

    common = ["lampione spento", "una buca profonda", "davanti al numero 12"]
    for words in common:
        written = sum(words in text.lower() for text in letters)
        assert stored.str.to_lowercase().str.contains(words).sum() >= 0.9 * written - 3


def test_the_table_says_that_its_texts_are_restricted(answered_once: Town) -> None:
    table = DeltaTable(answered_once.lake / REPORTS)

    (field,) = (one for one in table.schema().fields if one.name == "report_text")

    assert field.metadata["gemello.treatment"] == "redact"
    assert "ad accesso ristretto" in field.metadata["comment"]
    assert "report_text" not in table.metadata().configuration["delta.dataSkippingStatsColumns"]
    assert answered_once.twin().lake.last_notes(REPORTS)["redaction"] == looked_with()


def test_an_indicator_that_asks_for_a_text_is_not_computed(answered: Town) -> None:
    with pytest.raises(TwinError, match="no computed table may read it") as told:
        computed(answered, gold(pl.col("report_text").str.slice(0, 40)))

    assert f"{REPORTS}: report_text" in str(told.value)
    assert not (answered.lake / "gold").exists()


def test_an_indicator_that_takes_all_columns_gets_all_but_the_text(answered: Town) -> None:
    everything = pl.concat_str(pl.col(pl.String).exclude("report_pid"), separator="|")

    computed(answered, gold(everything))

    published = pl.read_delta(str(answered.lake / "gold/services/daily_letters"))["said_code"]
    assert len(published) == 3
    assert published.str.contains(r"^[a-z]+\|[a-z]+\|[0-9a-f]{15}\|[a-z ]+$").all()


def test_a_text_that_came_in_some_other_way_is_not_published(answered: Town) -> None:
    copied = pl.lit("Il lampione di [PERSON] è spento")

    with pytest.raises(DeliveryRefused, match="said_code holds redacted texts") as told:
        computed(answered, gold(copied))

    assert told.value.check == "privacy"
