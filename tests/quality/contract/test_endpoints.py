from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from infra.adapters import look as look_module
from infra.adapters.patience import Patience
from infra.simulator.publishers import Fault, FaultKind, Offer, PublisherServer
from quality.contract.endpoints import Endpoint, look_at_all
from quality.contract.examine import examined
from quality.contract.model import Contract

TODAY = date(2025, 3, 10)
ROWS = [{"targa": "AB123CD", "giorno": "2025-03-09"}] * 3
PORTAL = [{":id": "r", ":updated_at": "2025-03-09", **row} for row in ROWS]
CSV = b"targa,giorno\n" + b"AB123CD,2025-03-09\n" * 20_000
SOURCES = {
    "file": {"protocol": "file", "url": "{url}/files/soste/{{window}}.csv"},
    "http_json": {
        "protocol": "http_json",
        "url": "{url}/api/offset/soste?from={{window}}",
        "records": "data.items",
        "paging": {"by": "offset"},
    },
    "by path": {
        "protocol": "http_json",
        "url": "{url}/api/whole/soste/{{window}}",
        "records": "data.items",
    },
    "socrata": {
        "protocol": "socrata",
        "url": "{url}",
        "datasets": ["soste-1"],
        "select": ["targa", "giorno"],
        "where": "giorno >= '{{window}}'",
    },
    "ckan": {"protocol": "ckan", "url": "{url}", "package": "soste", "resource": "{{window}}"},
}
every_protocol = pytest.mark.parametrize("protocol", SOURCES)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = Patience(timeout_s=2, deadline_s=4, attempts=2, first_pause_s=0)
    monkeypatch.setattr(look_module, "_PATIENCE", patience)


@pytest.fixture
def server() -> Iterator[PublisherServer]:
    offer = Offer(
        records=lambda: ROWS,
        of_day=lambda day: ROWS if day == "2025-03-09" else None,
        files=lambda: {"2025-03-09.csv": CSV},
        time_field="giorno",
    )
    portal = Offer(records=lambda: PORTAL)
    with PublisherServer({"soste": offer, "aaaa-0001": portal}) as running:
        yield running


def contract(server: PublisherServer, protocol: str, **columns: object) -> Contract:
    source = {
        key: value.format(url=server.url) if isinstance(value, str) else value
        for key, value in SOURCES[protocol].items()
    }
    if protocol == "socrata":
        source["datasets"] = ["aaaa-0001"]
    return examined(
        {
            "publisher": "parcheggi",
            "dataset": "soste",
            "title": "Soste",
            "owner": "team:parcheggi",
            "purpose": "Contare.",
            "legal_basis": "not_personal",
            "cadence": "daily",
            "since": date(2025, 1, 1),
            "source": source,
            "event_time": "on",
            "columns": {
                "plate_code": {"from": "targa", "type": "string"},
                "on": {"from": "giorno", "type": "date"},
                **columns,
            },
        }
    )


def found(one: Contract) -> Endpoint:
    (endpoint,) = look_at_all([one], {one.key: one.source}, TODAY)
    return endpoint


@every_protocol
def test_an_endpoint_with_the_declared_columns_is_as_declared(server, protocol):
    endpoint = found(contract(server, protocol))

    assert (endpoint.state, endpoint.said) == ("as declared", "the 2 columns are as declared")


@every_protocol
def test_a_column_that_went_away_is_named_as_the_contract_names_it(server, protocol):
    if protocol == "socrata":
        one = contract(server, protocol)
        select = ("targa", "giorno", "piano")
        one = one.model_copy(update={"source": one.source.model_copy(update={"select": select})})
    else:
        one = contract(server, protocol, floor_code={"from": "piano", "type": "string"})

    endpoint = found(one)

    assert endpoint.state == "drifted"
    assert "AB123CD" not in endpoint.said


def test_a_column_nobody_declared_is_counted_and_not_named(server):
    wide = [{**row, "Mario Rossi": 1} for row in ROWS]
    server.offers["soste"] = Offer(records=lambda: wide, time_field="giorno")

    endpoint = found(contract(server, "http_json"))

    assert endpoint.said.endswith("and 1 that nobody declared")


@every_protocol
@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("down", "unreachable"),
        ("server_error", "unreachable"),
        ("login", "refused"),
        ("moved", "refused"),
        ("gone", "refused"),
        ("forbidden", "refused"),
    ],
)
def test_what_is_wrong_with_an_endpoint_is_told_apart(server, protocol, kind: FaultKind, state):
    server.fail("soste", Fault(kind))
    server.fail("aaaa-0001", Fault(kind))

    endpoint = found(contract(server, protocol))

    assert endpoint.state == state


@pytest.mark.parametrize("protocol", ["file", "by path", "ckan"])
def test_a_day_that_has_an_address_of_its_own_may_not_be_there_yet(server, protocol):
    one = contract(server, protocol)

    (endpoint,) = look_at_all([one], {one.key: one.source}, TODAY + timedelta(days=3))

    assert (endpoint.state, endpoint.said) == (
        "answers",
        "has nothing for the newest days",
    )


@every_protocol
def test_little_is_fetched_from_an_endpoint(server, protocol):
    found(contract(server, protocol))

    assert server.sent.total() < len(CSV) + 10_000
    assert server.requests.total() <= 2


def test_without_a_network_every_endpoint_is_unreachable(server):
    one = contract(server, "socrata")
    nowhere = one.source.model_copy(update={"url": "http://127.0.0.1:9"})

    (endpoint,) = look_at_all([one], {one.key: nowhere}, TODAY)

    assert (endpoint.state, "cannot be reached" in endpoint.said) == ("unreachable", True)


def test_a_source_that_is_not_on_the_web_is_not_asked(server, tmp_path):
    one = contract(server, "file")
    local = one.source.model_copy(update={"url": str(tmp_path / "x.csv")})

    assert list(look_at_all([one], {one.key: local}, TODAY)) == []


def test_the_newest_window_that_is_over_is_looked_at(server):
    asked: list[str] = []
    real = server.reply
    server.reply = lambda target, fault: (asked.append(target), real(target, fault))[1]

    found(contract(server, "http_json"))

    assert f"from={TODAY - timedelta(days=1)}" in asked[0]
    assert datetime.now(UTC).date() > TODAY
