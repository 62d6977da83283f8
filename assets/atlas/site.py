"""The atlas as files: made of the newest rows of the lake, and put in a folder whole or not."""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from assets.atlas.actions import EFFECTS, sheets, with_links
from assets.atlas.city import city_page
from assets.atlas.indicator import Indicator, indicator_of
from assets.atlas.numbers import as_csv
from assets.atlas.outlook import outlook
from assets.atlas.page import indicator_page
from assets.atlas.places import quarters_of
from assets.atlas.scenarios import scenario_pages
from assets.atlas.words import THEMES
from assets.declaration import Declaration
from assets.twin import Twin
from infra.errors import UsageError
from infra.objects import storage_errors

# By this file a folder is known as an atlas that may be replaced.
MANIFEST: Final = "atlas.json"
_KIND: Final = "gemello atlas 1"


def atlas(
    declarations: Mapping[str, Declaration], twin: Twin, *, say: Callable[[str], None]
) -> dict[str, str]:
    """Every file of the atlas by its name; the same lake gives the same bytes."""
    quarters = quarters_of(twin)
    indicators: list[Indicator] = []
    files: dict[str, str] = {}
    for declaration in _in_order(declarations):
        one = indicator_of(declaration, declarations, twin=twin, quarters=quarters)
        say(f"{declaration.key}: {one.rows.height} rows, {len(one.places.shapes)} on the map")
        ahead = outlook(one, declarations, twin)
        page = indicator_page(one, quarters=quarters, twin=twin, outlook=ahead)
        if declaration.key == EFFECTS:
            files |= sheets(one, twin, quarters=quarters)
            page = with_links(page, one)
        files[f"{one.page}.html"] = page
        if not one.rows.is_empty():
            files[f"{one.page}.csv"] = as_csv(one)
        indicators.append(one)
    plans = scenario_pages(declarations, twin, quarters=quarters)
    files |= plans
    files["index.html"] = city_page(indicators, quarters=quarters, has_scenarios=bool(plans))
    versions = {one.declaration.key: one.made.version for one in indicators if one.made}
    content = {"atlas": _KIND, "tables": versions, "files": sorted([*files, MANIFEST])}
    files[MANIFEST] = json.dumps(content, indent=1, sort_keys=True) + "\n"
    return files


def _in_order(declarations: Mapping[str, Declaration]) -> Iterator[Declaration]:
    """The indicators, by theme as the city reads them, then by title."""
    themes = list(THEMES)
    gold = [one for one in declarations.values() if one.stage == "gold" and one.measured]

    def place(one: Declaration) -> tuple[int, str, str]:
        return themes.index(one.theme), one.measured.title if one.measured else "", one.key

    yield from sorted(gold, key=place)


def check_replaceable(folder: Path) -> None:
    """Raise UsageError unless the folder is not there, is empty, or is an atlas and no more."""
    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir() or folder.is_symlink():
        raise UsageError(f"--out: {folder} is not a folder; name a new one")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    if not there:
        return
    foreign = sorted(there - _listed(folder))
    if foreign:
        raise UsageError(
            f"--out: {folder} holds {foreign[0]}, which no atlas wrote; name a new folder, or that "
            "of an atlas"
        )


def _listed(folder: Path) -> set[str]:
    """The files that the atlas in a folder says it is made of; none where there is no atlas."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return set()
    if not isinstance(content, dict) or content.get("atlas") != _KIND:
        return set()
    files = content.get("files")
    return {str(name) for name in files} if isinstance(files, list) else set()


def write(folder: Path, files: Mapping[str, str]) -> int:
    """Put the atlas in a folder, in place of the one that is there; return its bytes.

    It is written beside, and moved when it is whole: a reader finds the old one or the new.
    """
    check_replaceable(folder)
    folder = folder.absolute()
    beside = folder.parent / f".{folder.name}.{secrets.token_hex(4)}"
    old = beside.with_name(f"{beside.name}.old")
    with storage_errors(str(folder), "write the atlas"):
        beside.mkdir(parents=True)
        try:
            for name, content in files.items():
                (beside / name).write_bytes(content.encode())
            if folder.exists():
                folder.rename(old)
            beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
            if old.exists() and not folder.exists():
                old.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
    return sum(len(content.encode()) for content in files.values())
