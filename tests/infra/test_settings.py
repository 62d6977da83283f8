from datetime import date
from pathlib import Path

import pytest

from infra.errors import TwinError
from infra.settings import Settings


def test_without_any_setting_everything_lies_under_one_folder(tmp_path: Path):
    settings = Settings.load({}, tmp_path)

    assert settings.lake == str(tmp_path / ".gemello" / "lake")
    assert settings.archive == str(tmp_path / ".gemello" / "archive")
    assert settings.root_key_file == tmp_path / ".gemello" / "root.key"
    assert not settings.is_root_key_declared


def test_the_environment_comes_before_the_file_and_the_file_before_that_of_the_home(tmp_path: Path):
    (tmp_path / ".gemello").mkdir()
    (tmp_path / ".gemello" / "gemello.toml").write_text('since = "2025-03-01"\nlake = "a"\n')
    (tmp_path / "gemello.toml").write_text('lake = "b"\narchive = "c"\n')

    settings = Settings.load({"GEMELLO_ARCHIVE": "s3://sealed/here/"}, tmp_path)

    assert settings.since == date(2025, 3, 1)
    assert settings.lake == str(tmp_path / "b")
    assert settings.archive == "s3://sealed/here"


@pytest.mark.parametrize(
    "text",
    ['{"parking_api": "http://x/"}', "parking_api=http://x/", "parking_api=http://x,other=/y"],
)
def test_placeholders_are_filled_from_the_sources_named(tmp_path: Path, text: str):
    settings = Settings.load({"GEMELLO_SOURCES": text}, tmp_path)

    filled = settings.resolve("{parking_api}/a_{window:%Y}.csv", contract="p/d")

    assert filled == "http://x/a_{window:%Y}.csv"


def test_a_folder_of_sources_fills_every_placeholder(tmp_path: Path):
    settings = Settings.load({"GEMELLO_SOURCES": str(tmp_path / "in")}, tmp_path)

    assert settings.resolve("{a2a}/x.csv", contract="p/d") == f"{tmp_path}/in/a2a/x.csv"


def test_a_folder_of_sources_may_say_where_some_of_them_are_that_do_not_lie_in_it(tmp_path: Path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "sources.toml").write_text('parking_api = "http://127.0.0.1:9"\n')

    settings = Settings.load({"GEMELLO_SOURCES": "here"}, tmp_path)

    assert settings.resolve("{parking_api}/x", contract="a/b") == "http://127.0.0.1:9/x"
    assert settings.resolve("{a2a_files}/x", contract="a/b") == f"{tmp_path}/here/a2a_files/x"


def test_a_folder_of_sources_that_says_nonsense_is_refused(tmp_path: Path):
    (tmp_path / "sources.toml").write_text("parking_api =")

    with pytest.raises(TwinError, match=r"sources\.toml is not valid TOML"):
        Settings.load({"GEMELLO_SOURCES": "."}, tmp_path)


def test_a_placeholder_that_points_nowhere_says_what_to_write(tmp_path: Path):
    settings = Settings.load({"GEMELLO_SOURCES": "a=b"}, tmp_path)

    with pytest.raises(TwinError, match=r"p/d: source names \{c\}, .* add c = "):
        settings.resolve("{c}/x", contract="p/d")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"GEMELLO_CONTRACTS": "nowhere"}, "not a folder"),
        ({"GEMELLO_LAKE": "gs://bucket"}, "a folder or s3://"),
        ({"GEMELLO_SINCE": "yesterday"}, "GEMELLO_SINCE is not a day"),
        ({"GEMELLO_LAKE": "x", "GEMELLO_ROOT_KEY_FILE": "x/key"}, "inside the lake"),
        ({"GEMELLO_SOURCES": "{oops"}, "not valid JSON"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(tmp_path: Path, environ, words):
    with pytest.raises(TwinError, match=words):
        Settings.load(environ, tmp_path)


def test_a_key_is_filled_as_it_is_and_never_told(tmp_path: Path):
    environ = {"GEMELLO_SOURCES": "api=https://x.example/,key=s3cr3t/"}
    settings = Settings.load(environ, tmp_path)
    address = "{api}/rows?key={key}"

    filled = settings.resolve(address, contract="p/d")

    assert filled == "https://x.example/rows?key=s3cr3t/"
    assert settings.told(address) == "{api} is https://x.example/, as GEMELLO_SOURCES says"


def test_an_unknown_setting_in_the_file_is_refused(tmp_path: Path):
    (tmp_path / "gemello.toml").write_text('lakes = "b"\n')

    with pytest.raises(TwinError, match="unknown setting 'lakes'"):
        Settings.load({}, tmp_path)
