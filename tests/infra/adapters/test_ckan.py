import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from infra.adapters.ckan import CkanAdapter
from infra.adapters.opening import open_arrivals, payloads_of, receipts_of
from infra.errors import ContractError, PublisherUnavailable
from infra.simulator.publishers import Offer, PublisherServer
from infra.windows import Window
from tests.infra.adapters.waiting import Waiting

STATIC = Window.always()
FILES = {"Arrivi 2024.csv": b"mese;arrivi\n2024-12;7\n", "Arrivi 2024.pdf": b"%PDF"}


@pytest.fixture
def server() -> Iterator[PublisherServer]:
    offer = Offer(files=lambda: FILES, modified_at=lambda: datetime(2025, 2, 3, tzinfo=UTC))
    with PublisherServer({"turismo": offer}) as running:
        yield running


def adapter(server: PublisherServer, **how: object) -> CkanAdapter:
    made = CkanAdapter(protocol="ckan", url=server.url, **{"package": "turismo", **how})
    return made.timed(Waiting().time())


def described(server: PublisherServer, resources: object) -> None:
    """Let the portal describe a package so, beside the files it has."""
    said = json.dumps({"success": True, "result": {"resources": resources}}).encode()
    real = server.reply

    def reply(target: str, fault: object) -> object:
        answer = real(target, fault)
        if "package_show" not in target:
            return answer
        return type(answer)(said)

    server.reply = reply


def resource(
    name: str, file: str, modified: str | None, *, label: str = "CSV"
) -> dict[str, object]:
    return {
        "name": name,
        "format": label,
        "url": f"/files/turismo/{file}",
        "metadata_modified": modified,
    }


def test_the_resource_of_a_package_is_read_like_any_file(server):
    by = adapter(server, format="csv")

    arrivals = by.pull(STATIC)

    assert payloads_of(arrivals)[0].modified_at == datetime(2025, 2, 3, tzinfo=UTC)
    assert open_arrivals(arrivals, by).frame["arrivi"].to_list() == ["7"]


@pytest.mark.parametrize(
    ("dates", "chosen"),
    [
        (["2025-01-01T00:00:00", "2025-03-01T00:00:00.5", "2025-02-01T00:00:00"], "b"),
        (["2025-01-01T00:00:00", None, "2025-01-01T00:00:00"], "c"),
        ([None, None, None], "c"),
    ],
)
def test_the_newest_of_the_resources_that_fit_is_taken(server, dates, chosen):
    files = {f"{name}.csv": f"x\n{name}\n".encode() for name in "abc"}
    server.offers["turismo"] = Offer(files=lambda: files)
    described(server, [resource(n, f"{n}.csv", at) for n, at in zip("abc", dates, strict=True)])
    by = adapter(server, format="csv")

    assert open_arrivals(by.pull(STATIC), by).frame["x"].to_list() == [chosen]


def test_each_window_has_its_own_resource(server):
    files = {f"a{month}.csv": f"x\n{month}\n".encode() for month in (1, 2)}
    server.offers["turismo"] = Offer(files=lambda: files)
    described(server, [resource(f"Arrivi 2025-0{m}", f"a{m}.csv", None) for m in (1, 2)])
    by = adapter(server, resource="arrivi {window:%Y-%m}")

    arrivals = by.pull(Window.between(date(2025, 1, 1), date(2025, 3, 1), "monthly"))

    starts = [payload.window_start for payload in payloads_of(arrivals)]
    assert starts == [date(2025, 1, 1), date(2025, 2, 1)]


def test_a_package_without_such_a_resource_shows_no_name_of_those_it_has(server):
    with pytest.raises(ContractError, match="has 2 resources, and none fits") as told:
        adapter(server, resource="Presenze*").pull(STATIC)

    assert "Arrivi" not in str(told.value)


def test_a_package_that_was_withdrawn_is_unavailable(server):
    with pytest.raises(PublisherUnavailable, match="answered HTTP 404"):
        adapter(server, package="altro").pull(STATIC)


def test_files_on_another_host_need_the_contract_to_name_it(server):
    files = Offer(files=lambda: FILES)
    with PublisherServer({"turismo": files}) as elsewhere:
        place = f"{elsewhere.url}/files/turismo"
        server.offers["turismo"] = Offer(files=lambda: FILES, files_url=place)

        with pytest.raises(PublisherUnavailable, match="host that the contract does not name"):
            adapter(server, format="csv").pull(STATIC)
        named = adapter(server, format="csv", hosts=[elsewhere.url.partition("://")[2]])
        assert named.pull(STATIC).payloads_count == 1


def test_a_file_that_did_not_change_is_not_sent_again(server):
    by = adapter(server, format="csv")
    known = {None: list(receipts_of(by.pull(STATIC)))}

    again = by.pull(STATIC, known)

    assert (again.payloads_count, again.unchanged) == (0, {None})


def test_what_is_no_portal_is_told(server):
    described(server, "nothing")

    with pytest.raises(PublisherUnavailable, match="does not answer as a CKAN portal does"):
        adapter(server).pull(STATIC)
