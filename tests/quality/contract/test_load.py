import shutil
from pathlib import Path

import pytest

from infra.errors import ContractError, UsageError
from quality.contract.load import (
    BUILT_IN,
    contract_folders,
    find_contract,
    load_contract,
    load_contracts,
)
from tests.quality.contract.writing import GOOD, changed, saved

DEFAULTS = """\
owner: team:brescia-mobilita
legal_basis: public_task
key_domain: parking
retention_days: 730
source: {protocol: file, decimal: ",", encoding: windows-1252}
"""


def without(*keys: str) -> str:
    return "".join(
        line for line in GOOD.splitlines(keepends=True) if line.partition(":")[0] not in keys
    )


def refusal(folder: Path) -> list[str]:
    with pytest.raises(ContractError) as caught:
        load_contract(folder)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("folder", contract_folders([BUILT_IN]), ids=lambda path: path.name)
def test_every_contract_of_the_twin_loads(folder: Path) -> None:
    contract = load_contract(folder)

    assert contract.stored
    assert contract.folder == folder


def test_a_publisher_says_once_what_holds_for_all_its_data_sets(tmp_path: Path) -> None:
    text = without("owner", "legal_basis", "key_domain").replace(
        "retention_days: 730", "retention_days: 30"
    )
    folder = saved(tmp_path, text)
    (folder.parent / "publisher.yaml").write_text(DEFAULTS, encoding="utf-8")

    contract = load_contract(folder)

    assert (contract.owner, contract.retention_days) == ("team:brescia-mobilita", 30)
    assert (contract.source.decimal, contract.source.encoding) == (",", "windows-1252")
    assert contract.source.url.startswith("{parking}")


def test_a_mistake_in_the_defaults_names_their_file(tmp_path: Path) -> None:
    folder = saved(tmp_path, without("owner"))
    (folder.parent / "publisher.yaml").write_text(
        "owner: someone\nretention_days: never\ntitle: Tutto\nsource: {decimal: ;}\n"
        "recipient: [Comune]\n"
    )

    lines = refusal(folder)

    assert lines == [
        "brescia_mobilita/publisher.yaml: title: belongs to one data set; write it in its "
        "contract.yaml",
        "brescia_mobilita/publisher.yaml: source.decimal: ';' is unknown; write '.' or ','",
        "brescia_mobilita/publisher.yaml: recipient: unknown key; write recipients",
        "brescia_mobilita/publisher.yaml: owner: 'someone' is neither a team nor an address; write "
        "team:name or an e-mail address",
    ]


def test_defaults_may_not_say_what_is_of_one_data_set(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder.parent / "publisher.yaml").write_text("columns: {a: {type: string}}\n")

    lines = refusal(folder)

    assert lines == [
        "brescia_mobilita/publisher.yaml: columns: belongs to one data set; write it in its "
        "contract.yaml"
    ]


def test_contracts_are_found_in_every_folder_a_city_names(tmp_path: Path) -> None:
    saved(tmp_path / "ours", name="a2a/heat")
    saved(tmp_path / "theirs", name="arpa/air")

    contracts = load_contracts([tmp_path / "ours", tmp_path / "theirs", tmp_path / "ours"])

    assert list(contracts) == ["a2a/heat", "arpa/air"]
    assert contracts["arpa/air"].key == "arpa/air"


def test_two_contracts_of_one_name_are_refused(tmp_path: Path) -> None:
    saved(tmp_path / "ours", name="a2a/heat")
    saved(tmp_path / "theirs", name="a2a/heat")

    with pytest.raises(ContractError, match="a2a/heat: folder: there are two contracts"):
        load_contracts([tmp_path / "ours", tmp_path / "theirs"])


def test_the_problems_of_all_contracts_are_listed_together(tmp_path: Path) -> None:
    saved(tmp_path, changed("cadence: daily", "cadence: dayly"), name="a2a/heat")
    saved(tmp_path, changed("team:brescia-mobilita", "nobody"), name="arpa/air")

    with pytest.raises(ContractError) as caught:
        load_contracts([tmp_path])

    lines = str(caught.value).splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["a2a/heat", "cadence"],
        ["arpa/air", "owner"],
    ]


def test_a_contract_is_found_by_name_by_folder_and_by_file(tmp_path: Path) -> None:
    folder = saved(tmp_path)

    found = [
        find_contract(name, [tmp_path])
        for name in ("brescia_mobilita/parking_sessions", str(folder), f"{folder}/contract.yaml")
    ]

    assert len({contract.version for contract in found}) == 1


@pytest.mark.parametrize("name", ["brescia_mobilita/parking_session", "parking_sessions"])
def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(
    tmp_path: Path, name: str
) -> None:
    saved(tmp_path)

    with pytest.raises(UsageError, match=r"did you mean brescia_mobilita/parking_sessions\?"):
        find_contract(name, [tmp_path])


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    saved(tmp_path)

    with pytest.raises(UsageError, match="known are brescia_mobilita/parking_sessions"):
        find_contract("xyz", [tmp_path])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "contract.yaml: is empty; docs/contract.md shows how to begin"),
        (b"- a\n", "contract.yaml: is not a mapping of keys; docs/contract.md shows how to begin"),
        ("title: città".encode("latin-1"), "contract.yaml: is not UTF-8; save it as UTF-8"),
        (
            b"? [a]\n: b\n",
            "contract.yaml line 1, column 3: is not valid YAML (a key is a list or a "
            "mapping); correct the line",
        ),
    ],
)
def test_a_file_that_is_no_contract_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    folder = saved(tmp_path)
    (folder / "contract.yaml").write_bytes(content)

    assert refusal(folder) == [f"brescia_mobilita/parking_sessions: {message}"]


def test_a_folder_without_a_contract_says_so(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder / "contract.yaml").unlink()

    (line,) = refusal(folder)

    assert line.startswith("brescia_mobilita/parking_sessions: contract.yaml: is not in ")


def test_a_folder_whose_name_is_no_name_is_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path, name="brescia_mobilita/Soste 2025")

    assert refusal(folder) == [
        "brescia_mobilita/Soste 2025: folder: 'Soste 2025' is not a name; write "
        "lower_case_with_underscores"
    ]


def test_the_version_depends_on_what_a_contract_means_and_not_on_where_it_lies(
    tmp_path: Path,
) -> None:
    here = load_contract(saved(tmp_path / "here"))
    there_folder = saved(tmp_path / "there", "# a comment\n" + GOOD)
    there = load_contract(there_folder)
    shutil.rmtree(there_folder)
    other = load_contract(saved(tmp_path / "other", changed("730", "731")))

    assert here.version == there.version != other.version


def test_prose_and_terms_leave_the_version_of_the_rules_alone(tmp_path: Path) -> None:
    first = load_contract(saved(tmp_path / "1"))
    reworded = load_contract(
        saved(
            tmp_path / "2",
            GOOD.replace("730", "365")
            .replace("Sapere quanto", "Capire quanto")
            .replace("{from: importo,", "{from: importo, description: Quanto si paga.,"),
        )
    )
    other_rule = load_contract(saved(tmp_path / "3", changed("max_value: 80", "max_value: 90")))

    assert first.rules_version == reworded.rules_version != other_rule.rules_version
    assert first.version != reworded.version
