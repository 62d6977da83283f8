"""The page of a contract that an auditor reads, in Italian; `gemello contract show` prints it."""

from collections.abc import Iterable, Mapping

from quality.contract.columns import Column
from quality.contract.exports.italian import (
    CADENCES,
    ENTITIES,
    archive,
    days,
    legal_basis,
    measure,
    rule,
)
from quality.contract.model import Contract


def to_markdown(contract: Contract) -> str:
    """What the data are for, what is kept, how, for how long and for whom, what is not and why."""
    parts = [
        f"# {contract.title}",
        contract.purpose,
        _facts(contract),
        _kept(contract),
        _dropped(contract.dropped),
        _earlier(contract),
        _rules(contract),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(contract: Contract) -> str:
    rows = {
        "Insieme di dati": f"`{contract.key}`, contratto `{contract.version}`",
        "Responsabile": contract.owner,
        "Base giuridica": legal_basis(contract),
        "Norma": contract.law or "",
        "Interessati": ", ".join(contract.data_subjects),
        "Categorie particolari": ", ".join(contract.special_categories),
        "Destinatari": ", ".join(contract.recipients),
        "Righe conservate per": days(contract.retention_days)
        if contract.retention_days
        else "sempre",
        "Copia sigillata della consegna": archive(contract),
        "Consegna": CADENCES[contract.cadence]
        + (f", dal {contract.since:%d/%m/%Y}" if contract.since else ""),
        "Licenza": contract.licence or "",
    }
    return _table(("", ""), [(name, text) for name, text in rows.items() if text])


def _kept(contract: Contract) -> str:
    rows = [
        (
            f"`{name}`",
            ", ".join(f"`{_cell(source)}`" for source in column.source),
            _what(column),
            measure(column, contract),
        )
        for name, column in contract.columns.items()
    ]
    return "## Che cosa si conserva\n\n" + _table(
        ("colonna", "da", "che cos'è", "trattamento"), rows
    )


def _what(column: Column) -> str:
    kinds = {"direct": "identificativo diretto", "indirect": "dato personale indiretto"}
    words = [
        column.description.rstrip("."),
        ENTITIES[column.entity] if column.entity else "",
        kinds.get(column.personal, ""),
    ]
    return "; ".join(word for word in words if word)


def _dropped(dropped: Mapping[str, str]) -> str:
    heading = "## Che cosa non si conserva, e perché\n\n"
    rest = "Ogni altra colonna della consegna non è conservata."
    if not dropped:
        return heading + rest
    rows = [(f"`{_cell(name)}`", reason) for name, reason in dropped.items()]
    return heading + _table(("colonna", "motivo"), rows) + "\n\n" + rest


def _earlier(contract: Contract) -> str:
    """Which columns came otherwise or not at all, and what else was refused, and until when."""
    rows: list[tuple[str, str, str]] = []
    for layout in sorted(contract.earlier, key=lambda one: one.valid_until, reverse=True):
        until = f"{layout.valid_until:%d/%m/%Y}"
        for name, column in layout.columns.items():
            came = [f"da {', '.join(column.source)}"] if column.source else []
            came += ["può mancare"] if column.optional else []
            came += ["scritta in altro modo"] if column.sent_as else []
            rows.append((until, f"`{name}`", "; ".join(came)))
        rows += [
            (until, name, f"non conservata: {reason}") for name, reason in layout.dropped.items()
        ]
    if not rows:
        return ""
    return "## Com'erano le consegne\n\n" + _table(("fino al", "colonna", "com'era"), rows)


def _rules(contract: Contract) -> str:
    sentences = [rule(expectation) for expectation in contract.expectations]
    if contract.primary_key:
        keys = ", ".join(f"`{name}`" for name in contract.primary_key)
        sentences.insert(0, f"ogni riga ha {keys}, e non si ripete")
    sentences.append(
        f"se più del {contract.max_quarantined_ratio * 100:g} % delle righe è rifiutato, "
        "la consegna non è pubblicata"
    )
    return "## Regole\n\n" + "\n".join(f"- {sentence}" for sentence in sentences)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("\\|", "|").replace("|", "\\|").replace("\n", " ")
