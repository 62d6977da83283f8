"""Finding contracts in their folders and reading them, with messages that say what to write."""

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from infra.errors import ContractError, UsageError
from quality.contract.examine import examined
from quality.contract.model import Contract
from quality.contract.problems import Problem, ProblemsError, either
from quality.contract.yaml_text import read_yaml

BUILT_IN: Final = Path(__file__).parents[2] / "assets" / "sources"
_DEFAULTS_FILE: Final = "publisher.yaml"

Values = dict[str, Any]  # contract keys of any type


def contract_folders(roots: Iterable[Path]) -> list[Path]:
    """Every `<publisher>/<dataset>/` below the roots that holds a contract.yaml, sorted by name."""
    found: dict[str, Path] = {}
    for root in roots:
        for path in sorted(root.glob("*/*/contract.yaml")):
            name = f"{path.parent.parent.name}/{path.parent.name}"
            known = found.setdefault(name, path.parent)
            if known.resolve() != path.parent.resolve():
                raise ContractError(
                    f"{name}: folder: there are two contracts of this name, in "
                    f"{known.parent.parent} and in {root}; rename one of the folders"
                )
    return [found[name] for name in sorted(found)]


def load_contracts(roots: Iterable[Path]) -> dict[str, Contract]:
    """All contracts below the roots, by `<publisher>/<dataset>`.

    Raises ContractError with the problems of all contracts that have any.
    """
    contracts: dict[str, Contract] = {}
    refusals: list[str] = []
    for folder in contract_folders(roots):
        try:
            contract = load_contract(folder)
        except ContractError as error:
            refusals += str(error).splitlines()
        else:
            contracts[contract.key] = contract
    if refusals:
        raise ContractError("\n".join(dict.fromkeys(refusals)))
    return contracts


def find_contract(name: str, roots: Iterable[Path]) -> Contract:
    """One contract, by `<publisher>/<dataset>`, or by the path of its folder or file.

    Raises UsageError for an unknown name, with the names that come close; see `load_contract`.
    """
    return load_contract(find_folder(name, roots))


def find_folder(name: str, roots: Iterable[Path]) -> Path:
    """The folder of a contract that may be too wrong to load; see `find_contract`."""
    folders = {f"{path.parent.name}/{path.name}": path for path in contract_folders(roots)}
    if name in folders:
        return folders[name]
    path = Path(name)
    if path.name == "contract.yaml":
        return path.parent
    if (path / "contract.yaml").is_file():
        return path
    by_dataset = [key for key in folders if key.partition("/")[2] == name]
    close = by_dataset or difflib.get_close_matches(name, list(folders), n=3)
    if close:
        raise UsageError(f"{name}: there is no such contract; did you mean {either(close)}?")
    known = ", ".join(folders) or "none: set GEMELLO_CONTRACTS to the folder that holds them"
    raise UsageError(f"{name}: there is no such contract; known are {known}")


def load_contract(folder: Path) -> Contract:
    """Read one contract (its folder, or the file itself) and the defaults of its publisher.

    Raises ContractError: a line for each problem that names the contract, the key or column, what
    is wrong and what to write.
    """
    folder = (folder if folder.is_dir() else folder.parent).absolute()
    publisher = folder.parent.name
    own = _text(folder / "contract.yaml", f"{publisher}/{folder.name}")
    defaults_path = folder.parent / _DEFAULTS_FILE
    defaults = None
    if defaults_path.is_file():
        defaults = _text(defaults_path, f"{publisher}/{_DEFAULTS_FILE}")
    contract = _contract(own, defaults, publisher, folder.name).model_copy()
    contract._folder = str(folder)
    return contract


# A long-lived process reads the same files again and again; what they say follows from their text.
@lru_cache(maxsize=512)
def _contract(own_text: str, defaults_text: str | None, publisher: str, dataset: str) -> Contract:
    """What the texts of a contract and of its publisher's defaults say."""
    key, defaults_key = f"{publisher}/{dataset}", f"{publisher}/{_DEFAULTS_FILE}"
    own = _values(own_text, "contract.yaml", key)
    defaults: Values = {}
    if defaults_text is not None:
        defaults = _values(defaults_text, _DEFAULTS_FILE, defaults_key)
    lines = [
        f"{defaults_key}: {name}: belongs to one data set; write it in its contract.yaml"
        for name in ("columns", "title")
        if defaults.pop(name, None) is not None
    ]
    for values, whose in ((own, key), (defaults, defaults_key)):
        for name in ("publisher", "dataset"):
            if values.pop(name, None) is not None:
                lines.append(f"{whose}: {name}: is said by the folder; remove the key")
    values = _merged(defaults, own) | {"publisher": publisher, "dataset": dataset}
    try:
        contract = examined(values)
    except ProblemsError as error:
        lines += [
            f"{defaults_key if _is_default(problem, defaults, own) else key}: {problem}"
            for problem in error.problems
        ]
    if lines:
        raise ContractError("\n".join(lines))
    return contract


def _merged(defaults: Values, own: Values) -> Values:
    """The data set's keys over its publisher's; mappings such as `source` one level deep."""
    merged = {**defaults, **own}
    for name, value in own.items():
        default = defaults.get(name)
        if isinstance(value, dict) and isinstance(default, dict):
            merged[name] = {**default, **value}
    return merged


def _is_default(problem: Problem, defaults: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Whether what is wrong stands in the publisher's file."""
    top, _, below = problem.where.partition(".")
    if top not in defaults:
        return False
    if top not in own:
        return True
    first = below.partition(".")[0]
    if not isinstance(defaults[top], dict) or not isinstance(own[top], dict):
        return False
    return first in defaults[top] and first not in own[top]


def _text(path: Path, key: str) -> str:
    if not path.is_file():
        raise ContractError(f"{key}: {path.name}: is not in {path.parent}; write it there")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ContractError(f"{key}: {path.name}: is not UTF-8; save it as UTF-8") from None


def _values(text: str, name: str, key: str) -> Values:
    try:
        values = read_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        what = getattr(error, "problem", None) or "it cannot be read"
        raise ContractError(
            f"{key}: {name}{place}: is not valid YAML ({what}); correct the line"
        ) from None
    if not isinstance(values, dict):
        fault = "is empty" if values is None else "is not a mapping of keys"
        raise ContractError(f"{key}: {name}: {fault}; docs/contract.md shows how to begin")
    return values
