import warnings
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import dedent

from assets.twin import Twin
from infra.settings import Settings
from infra.windows import Window
from quality.contract.load import load_contract
from quality.landing import land
from tests.infra.adapters.ssh_servers import PASSWORD, server_in_process

CONTRACT = """\
    title: Letture dei contatori
    owner: team:a2a
    purpose: Sapere quanta energia si consuma, ora per ora.
    legal_basis: not_personal
    cadence: daily
    since: 2025-03-01
    source:
      protocol: sftp
      url: "{a2a_sftp}/letture_{window:%Y-%m-%d}.csv"
      access: "{a2a_access}"
      ready: {suffix: .ok}
      separator: ";"
    primary_key: [section_id]
    columns:
      section_id: {from: sezione, type: string}
      used_kwh: {from: energia, type: float}
    """


def test_what_is_uploaded_lands_and_the_password_stays_where_it_is(tmp_path: Path):
    with server_in_process(tmp_path / "server") as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a root key was made
        (server.access / "known_hosts").write_text(server.known_hosts)
        server.put("letture_2025-03-01.csv", "sezione;energia\n17029001;1,5\n17029002;2,5\n")
        server.put("letture_2025-03-01.csv.ok", "")
        server.put("letture_2025-03-02.csv", "sezione;energia\n17029001;")
        folder = tmp_path / "contracts" / "a2a" / "readings"
        folder.mkdir(parents=True)
        (folder / "contract.yaml").write_text(dedent(CONTRACT))
        sources = {"a2a_sftp": server.address("").rstrip("/"), "a2a_access": str(server.access)}
        environment = {"GEMELLO_SOURCES": ",".join(f"{k}={v}" for k, v in sources.items())}
        twin = Twin.here(Settings.load(environment, tmp_path / "home"))
        contract = load_contract(folder)

        landing = land(
            contract,
            Window.between(date(2025, 3, 1), date(2025, 3, 2), "daily"),
            at=twin.workplace,
            adapter=twin.adapter(contract),
            notes={},
            now=datetime(2025, 3, 3, tzinfo=UTC),
        )

    assert landing.windows == (date(2025, 3, 1),)
    bronze = twin.lake.read("bronze/a2a/readings").collect()
    assert bronze.select("section_id", "used_kwh").rows() == [("17029001", 1.5), ("17029002", 2.5)]
    written = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]
