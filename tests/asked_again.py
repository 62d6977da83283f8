"""Publishers who do not answer are asked again, as by a real run, but without the pause."""

from collections.abc import Iterator

import pytest

from assets import source_assets


@pytest.fixture(scope="session", autouse=True)
def _asked_again_at_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(source_assets.RETRIES, "delay", 0.01)
        yield
