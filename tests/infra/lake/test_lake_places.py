from pathlib import Path

import pytest

from infra.errors import TwinError
from infra.lake.places import Place
from tests.infra.lake.tables import KEY, day, days, lake_at, readings, rows, write

ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "https://store.example.org",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "s3cret",
    "AWS_PROFILE": "other",
}


def test_a_key_is_the_path_below_the_lake() -> None:
    assert Place.of("/srv/lake", {}).uri(KEY) == f"/srv/lake/{KEY}"
    assert Place.of("s3://twin/lake/", ENVIRONMENT).uri(KEY) == f"s3://twin/lake/{KEY}"


@pytest.mark.parametrize("folder", ["/srv/il lago", "/srv/città", "/srv/[lago]", "/srv/50%"])
def test_a_folder_in_which_polars_finds_no_table_is_refused(folder: str) -> None:
    with pytest.raises(TwinError, match="choose another folder"):
        Place.of(f"{folder}/{{stage}}", {})


def test_a_bucket_per_stage_takes_the_first_part_of_the_key() -> None:
    place = Place.of("s3://twin-{stage}/lake", ENVIRONMENT)

    assert place.uri(KEY) == "s3://twin-bronze/lake/a2a/electricity_readings"
    assert "s3://twin-gold/lake" in place.roots()


@pytest.mark.parametrize("key", ["bronze/a", "bronze/a/b/c", "../a/b", "Bronze/a/b", "a//b", ""])
def test_what_is_not_a_key_is_refused(key: str) -> None:
    with pytest.raises(TwinError, match="stage/publisher/dataset"):
        Place.of("/srv/lake", {}).uri(key)


def test_tables_are_found_again_in_a_folder_per_stage(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path / "{stage}" / "lake"))

    write(lake, readings(("a", 1.0, day(1))), days(1, 1))

    assert lake.tables() == [KEY]
    assert (tmp_path / "bronze/lake/a2a/electricity_readings/_delta_log").is_dir()
    assert rows(lake) == [("a", 1.0, day(1))]


def test_only_the_variables_that_a_store_needs_reach_it() -> None:
    options = Place.of("s3://twin", ENVIRONMENT).options

    assert sorted(options) == [
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
    ]
    assert Place.of("/srv/lake", ENVIRONMENT).options == {}


@pytest.mark.parametrize(
    ("endpoint", "is_allowed"), [("http://127.0.0.1:1", True), ("https://a.example.org", False)]
)
def test_plain_http_is_allowed_only_where_the_endpoint_says_so(
    endpoint: str, is_allowed: bool
) -> None:
    options = Place.of("s3://twin", {**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}).options

    assert ("AWS_ALLOW_HTTP" in options) is is_allowed


def test_credentials_are_asked_for_by_name_and_never_shown() -> None:
    place = Place.of("s3://twin", ENVIRONMENT)

    assert "s3cret" not in repr(place)
    with pytest.raises(TwinError, match="AWS_ACCESS_KEY_ID"):
        Place.of("s3://twin", {"AWS_ENDPOINT_URL": "https://store.example.org"})


@pytest.mark.parametrize(
    ("name", "text"), [("AWS_S3_ALLOW_UNSAFE_RENAME", "true"), ("AWS_CONDITIONAL_PUT", "disabled")]
)
def test_settings_with_which_commits_are_lost_are_refused(name: str, text: str) -> None:
    with pytest.raises(TwinError, match=f"{name} is set"):
        Place.of("s3://twin", {**ENVIRONMENT, name: text})
