"""`redact`: what is personal in texts, line by line, from standard input to standard output."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.errors import UsageError
from orchestration.cli.keys import check_domain

if TYPE_CHECKING:
    from quality.privacy.detection.spans import Label, Span


class Mode(StrEnum):
    """How much is hidden."""

    DETECT = "detect"
    STRICT = "strict"


class Replace(StrEnum):
    """What stands in the place of what was found."""

    LABEL = "label"
    PSEUDONYM = "pseudonym"
    MASK = "mask"


def redact(
    mode: Annotated[
        Mode, typer.Option(help="detect: what is found. strict: all that is not known as harmless.")
    ] = Mode.DETECT,
    replace: Annotated[
        Replace | None, typer.Option(help="Write the text again, this in place of what was found.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="The key_domain of the pseudonyms; with --replace pseudonym.")
    ] = None,
) -> None:
    """Find personal data in Italian texts: JSON lines with `id` and `text` in, with `spans` out.

    Without --replace no text comes out, only places, labels and scores. A line that cannot be read
    or looked at ends the command: nothing passes unseen.
    """
    from quality.privacy.detection.engine import detect
    from quality.privacy.detection.strict import hide

    write = _writer(replace, domain)
    find = hide if mode is Mode.STRICT else detect
    for line in _redacted(sys.stdin.buffer, find, write):
        sys.stdout.write(line)
        sys.stdout.flush()


def _writer(replace: Replace | None, domain: str | None) -> "Callable[[str, Label], str] | None":
    from quality.privacy.detection.redaction import as_label, as_mask, as_pseudonym

    if (replace is Replace.PSEUDONYM) != (domain is not None):
        raise UsageError("--replace pseudonym and --domain go together: write both, or neither")
    if replace is None:
        return None
    if domain is not None:
        from infra.keys import Keyring
        from infra.settings import Settings

        settings = Settings.load()
        check_domain(domain, settings)
        return as_pseudonym(Keyring.open(settings).pseudonym_key(domain))
    return as_label if replace is Replace.LABEL else as_mask


def _redacted(
    lines: Iterable[bytes],
    find: "Callable[[str], tuple[Span, ...]]",
    write: "Callable[[str, Label], str] | None",
) -> Iterator[str]:
    from quality.privacy.detection.redaction import redacted

    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        record = _record(line, number)
        text = record["text"]
        spans = find(text)
        out: dict[str, Any] = {"id": record["id"]}  # as it came: any JSON
        if write is not None:
            out["text"] = redacted(text, spans, write)
        out["spans"] = [
            {"start": one.start, "end": one.end, "label": one.label, "score": round(one.score, 2)}
            for one in spans
        ]
        yield json.dumps(out, ensure_ascii=False) + "\n"


def _record(line: bytes, number: int) -> dict[str, Any]:  # JSON
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if (
        not isinstance(record, dict)
        or not isinstance(record.get("text"), str)
        or not isinstance(record.get("id"), str | int)
    ):
        raise UsageError(
            f'line {number} is no JSON object with an "id" (string or number) and a "text" '
            "(string); nothing of it was written"
        ) from None
    return record
