import runpy
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.assets.lineage_seen import unsaid
from tests.docs.pages import ROOT, Reader, blocks

PAGE = ROOT / "docs" / "add-an-indicator.md"
# 23:00 UTC: where a day of solar time begins.
MIDNIGHT = datetime(2025, 3, 23, 23, tzinfo=UTC)

PACKAGES = ("orchestration", "assets", "quality", "infra")


@pytest.fixture
def repository(reader: Reader) -> Reader:
    ignored = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, reader.folder / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", reader.folder)
    # The installed `gemello` works on the packages it was installed with, not on the copy.
    command = Path(reader.folder, ".venv", "bin", "gemello")
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\nexec python -m orchestration.cli "$@"\n')
    command.chmod(0o755)
    reader.run('export PATH="$PWD/.venv/bin:$PATH" PYTHONPATH="$PWD"')
    return reader


@pytest.mark.slow
def test_following_the_page_on_indicators_literally_shows_what_it_shows(repository: Reader):
    followed = repository.follow("docs/add-an-indicator.md")

    assert followed == 7


def test_the_example_on_the_page_says_what_its_columns_are_made_of(tmp_path):
    (written,) = (
        block.text
        for block in blocks(PAGE)
        if "indicators/pm10" in block.options.get("title", "")
        and "tests/" not in block.options["title"]
    )
    file = tmp_path / "pm10_by_day.py"
    file.write_text(written)
    example = runpy.run_path(str(file))
    hours = pl.DataFrame(
        {
            "station_id": ["s"] * 48 + ["t"] * 48,
            "station_name": ["Uno"] * 48 + ["Due"] * 48,
            "pollutant_code": ["PM10", "NO2"] * 48,
            "observed_at": [MIDNIGHT + timedelta(hours=hour // 2) for hour in range(48)] * 2,
            "value_ugm3": [float(number % 77) for number in range(96)],
        }
    )

    silent = unsaid(
        example["declaration"], {"observed": hours}, may_be_empty={"observed": {"value_ugm3"}}
    )

    assert silent == []
