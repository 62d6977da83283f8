import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from infra.scan import scan
from infra.simulator.publishers.faults import Fault, FaultKind
from tests.promises.web_town import SESSIONS, WebTown, web_town

SECRET: Final = "Zztoken-0123456789"  # noqa: S105 # invented
FAULTS: Final = (
    *("down", "flapping", "not_found", "forbidden", "server_error", "truncated", "login", "moved"),
)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebTown]:
    with web_town(tmp_path) as town:
        yield town


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "down",
        "flapping",
        "not_found",
        "forbidden",
        "server_error",
        "truncated",
        "login",
        "moved",
    ],
)
def test_no_address_with_a_secret_is_shown_or_stored_whatever_the_server_does(
    web: WebTown,
    kind: FaultKind,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    contract = web.contract(SESSIONS)
    source = contract.source.model_copy(
        update={
            "url": f"{{parking}}/api/offset/soste?from={{window}}&to={{window_end}}&key={SECRET}",
            "headers": {"X-Token": SECRET},
        }
    )
    if kind:
        there = f"https://login.example.org/{SECRET}?next={SECRET}"
        web.fail(SESSIONS, Fault(kind, location=there))

    said = ""
    try:
        web.land(SESSIONS, source=source)
    except Exception as error:  # noqa: BLE001 # all of it is what is asked for
        said = "".join(traceback.format_exception(error)) + repr(error.__context__)

    assert kind in ("", "flapping") or "{parking}/api/offset/soste" in said
    shown = said + caplog.text + "".join(capfd.readouterr())
    assert SECRET not in shown
    assert scan(web.town.home, [SECRET]) == []
