"""The SODA 2 route of a simulated portal: `/resource/<id>.json` with SoQL."""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from infra.simulator.publishers.offers import Item, Record, Reply, as_json, refusal

_DEFAULT_ROWS: Final = 1000
_SYSTEM: Final = re.compile(r":(id|updated_at|created_at)\b")
_TEXT: Final = re.compile(r"'(?:[^']|'')*'")
_NAME: Final = re.compile(r'[a-z_][a-z0-9_]*|":[a-z_]+"', re.I)


def answered(items: Sequence[Item], query: Mapping[str, str]) -> Reply:
    """The rows a SoQL question asks for: `$select $where $order $limit $offset`.

    Rows need `:id` and `:updated_at`. As on the real portals, what is empty is left out, and a
    column nobody knows is a 400.
    """
    records = [item for item in items if not isinstance(item, str)]
    columns = dict.fromkeys(name for record in records for name in record)
    if not columns:
        return as_json([])
    selected = [name.strip() for name in query.get("$select", "*").split(",")]
    if selected == ["*"]:
        selected = [name for name in columns if not name.startswith(":")]
    if unknown := [name for name in selected if name not in columns]:
        return refusal(400, f"no such column: {len(unknown)}")
    wanted = ", ".join(f'"{name}"' for name in selected)
    clauses = [f"SELECT {wanted} FROM rows"]  # noqa: S608 # our own rows in memory
    if query.get("$where"):
        clauses.append(f"WHERE {_quoted(query['$where'])}")
    if query.get("$order"):
        clauses.append(f"ORDER BY {_quoted(query['$order'])}")
    try:
        limit, offset = int(query.get("$limit", _DEFAULT_ROWS)), int(query.get("$offset", "0"))
        clauses.append(f"LIMIT {limit} OFFSET {offset}")
        with sqlite3.connect(":memory:") as database:
            _fill(database, list(columns), records)
            rows = database.execute(" ".join(clauses)).fetchall()
    except (sqlite3.Error, ValueError):
        return refusal(400, "the query could not be understood")
    finally:
        if "database" in locals():
            database.close()
    return as_json(
        [
            {name: cell for name, cell in zip(selected, row, strict=True) if cell is not None}
            for row in rows
        ]
    )


def _quoted(clause: str) -> str:
    """SoQL as SQLite reads it: the portal's own columns begin with a colon."""
    pieces, at = [], 0
    for text in _TEXT.finditer(clause):
        pieces += [_SYSTEM.sub(r'":\1"', clause[at : text.start()]), text[0]]
        at = text.end()
    return "".join([*pieces, _SYSTEM.sub(r'":\1"', clause[at:])])


def _fill(database: sqlite3.Connection, columns: Sequence[str], records: Sequence[Record]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join("?" for _ in columns)
    database.execute(f"CREATE TABLE rows ({names})")
    database.executemany(
        f"INSERT INTO rows VALUES ({places})",  # noqa: S608 # our own rows in memory
        ([_cell(record.get(name)) for name in columns] for record in records),
    )


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value
