import pytest

from infra.scan import scan
from tests.docs.pages import Reader


@pytest.mark.longest
@pytest.mark.slow
def test_following_the_page_on_sources_shows_what_it_shows_and_stores_no_name(reader: Reader):
    followed = reader.follow("docs/add-a-source.md")

    assert followed > 15
    assert scan(reader.folder / ".gemello", ["Bianchi Ada", "BS00412", "70011"]) == []
