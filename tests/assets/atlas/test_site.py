import json
from pathlib import Path

import pytest

from assets.atlas.site import MANIFEST, check_replaceable, write
from infra.errors import TwinError, UsageError

LISTED = {"index.html": "<p>uno</p>"}


def with_manifest(files: dict[str, str]) -> dict[str, str]:
    names = sorted([*files, MANIFEST])
    return {**files, MANIFEST: json.dumps({"atlas": "gemello atlas 1", "files": names})}


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_an_atlas_takes_the_place_of_the_one_before_and_leaves_nothing_beside(tmp_path):
    out = tmp_path / "sito"
    write(out, with_manifest({**LISTED, "gone.html": "x"}))

    bytes_count = write(out, with_manifest({"index.html": "<p>due</p>"}))

    assert set(contents(out)) == {"index.html", MANIFEST}
    assert contents(out)["index.html"] == "<p>due</p>"
    assert bytes_count == sum(path.stat().st_size for path in out.iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["sito"]


def test_a_new_and_an_empty_folder_are_filled(tmp_path):
    (tmp_path / "empty").mkdir()

    write(tmp_path / "empty", with_manifest(LISTED))
    write(tmp_path / "a" / "b", with_manifest(LISTED))

    assert "index.html" in contents(tmp_path / "empty")
    assert "index.html" in contents(tmp_path / "a" / "b")


def test_what_no_atlas_wrote_is_not_written_over(tmp_path):
    out = tmp_path / "sito"
    write(out, with_manifest(LISTED))
    (out / "notes.txt").write_text("mine")

    with pytest.raises(UsageError, match=r"holds notes\.txt, which no atlas wrote"):
        write(out, with_manifest({"index.html": "due"}))
    assert contents(out)["index.html"] == "<p>uno</p>"


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"atlas": "other", "files": ["x"]}'])
def test_a_folder_with_another_list_is_no_atlas(tmp_path, manifest):
    (tmp_path / MANIFEST).write_text(manifest)

    with pytest.raises(UsageError, match="which no atlas wrote"):
        check_replaceable(tmp_path)


def test_a_file_and_a_link_are_no_folder_to_write_into(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")

    for name in ("file", "link"):
        with pytest.raises(UsageError, match="is not a folder"):
            check_replaceable(tmp_path / name)


def test_an_atlas_that_cannot_be_written_whole_leaves_the_one_before(tmp_path):
    out = tmp_path / "sito"
    write(out, with_manifest(LISTED))

    with pytest.raises(TwinError):
        write(out, {"index.html": "due", "no-such-folder/page.html": "x"})

    assert contents(out)["index.html"] == "<p>uno</p>"
    assert [path.name for path in tmp_path.iterdir()] == ["sito"]
