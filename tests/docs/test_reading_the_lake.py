import pytest

from tests.conftest import ObjectStore
from tests.docs.pages import ROOT, Reader, blocks

PAGE = "docs/reading-the-lake.md"


@pytest.mark.slow
def test_following_the_page_on_reading_literally_shows_what_it_shows(reader: Reader):
    followed = reader.follow(PAGE)

    assert followed == 13


@pytest.mark.server
def test_the_snippet_for_a_bucket_reads_the_lake_of_a_real_object_store(
    reader: Reader, object_store: ObjectStore
):
    bucket = object_store.bucket
    (snippet,) = (block.text for block in blocks(ROOT / PAGE) if "bucket" in block.options)
    prepare = next(block.text for block in blocks(ROOT / PAGE) if block.language == "sh")
    reader.environment |= object_store.environment
    reader.run("umask 077 && head -c 32 /dev/urandom > root.key")

    reader.run(f"export GEMELLO_LAKE=s3://{bucket}/lake GEMELLO_ROOT_KEY_FILE=root.key\n{prepare}")
    reader.run(f"python - <<'END'\n{snippet.replace('brescia-twin', bucket)}\nEND")

    assert reader.said.strip() == "432"
