"""What the disclosure gate measured of every open table as it stands, beside its thresholds."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from infra.lake import Commit
from quality.report.document import Cell, Finding, Section, Table
from quality.report.snapshot import Snapshot

# In the notes of a commit to an open table: what the gate found (`assets/derive.py` writes it).
_DISCLOSURE: Final = "disclosure"
_NOISY: Final = "noisy"
Verdict = Mapping[str, Any]  # JSON of `quality.disclosure.verdict` or of `NoiseVerdict`


def open_tables(keys: list[str], lake: Snapshot) -> Section:
    """k, l, t, the attacks and the thresholds of every open table, of all days that stand in it."""
    released: list[tuple[Cell, ...]] = []
    attacks: list[tuple[Cell, ...]] = []
    noisy: list[tuple[Cell, ...]] = []
    never: list[str] = []
    below: list[str] = []
    for key in keys:
        verdicts = standing(lake.history(key)) if lake.exists(key) else []
        if not verdicts:
            never.append(key)
            continue
        measured = [one for one in verdicts if one.get("release") != _NOISY]
        with_noise = [one for one in verdicts if one.get("release") == _NOISY]
        if measured:
            released.append(_released(key, lake.version(key), measured))
            attacks.append(_attacked(key, measured))
        if with_noise:
            noisy.append(_with_noise(key, lake.version(key), with_noise))
        if any(_is_below(one) for one in measured):
            below.append(key)
    return Section(
        "aperti",
        "Tabelle aperte e rischio di riconoscimento",
        (
            "Niente si pubblica senza passare da un controllo che misura quanto sia difficile "
            "riconoscere qualcuno e prova tre attacchi: isolare una persona, collegarla a un altro "
            "elenco, dedurne qualcosa. Sotto le soglie la tabella non si pubblica.",
            "k è il gruppo più piccolo che si vede: con k = 10 nessuno sta in un gruppo di meno di "
            "dieci. l è quanti valori diversi di un dato delicato ci sono almeno in un gruppo; t "
            "quanto un gruppo può scostarsi dall'insieme (0 per nulla, 1 del tutto). Di tabelle "
            "scritte in più volte vale qui la misura peggiore fra quelle dei giorni pubblicati. Le "
            "soglie sono una scelta di chi ha fatto il programma: la legge non dà numeri.",
        ),
        (
            Table("releases", "Misure, e le soglie che devono tenere", _RELEASES, tuple(released)),
            Table("attacks", "I tre attacchi", _ATTACKS, tuple(attacks)),
            Table("noisy", "Tabelle pubblicate con rumore", _WITH_NOISE, tuple(noisy)),
        ),
        tuple(_findings(len(keys), never, below)),
    )


def _findings(count: int, never: list[str], below: list[str]) -> Iterable[Finding]:
    if below:
        yield Finding("broken", f"Tabelle aperte sotto le loro soglie: {', '.join(below)}.")
    elif count > len(never):
        yield Finding(
            "ok",
            f"Nelle {count - len(never)} tabelle aperte pubblicate ogni gruppo, valore e attacco "
            "sta entro le soglie, o i numeri hanno un rumore pagato dal bilancio ε.",
        )
    if never:
        yield Finding(
            "look", f"Tabelle aperte dichiarate e non ancora pubblicate: {', '.join(never)}."
        )


def standing(commits: Iterable[Commit]) -> list[Verdict]:
    """The verdicts of all commits of which a day is still in the table, the newest first.

    A table that is computed in parts has a verdict for each; one replaced whole has one.
    """
    replaced: set[date] = set()
    found: list[Verdict] = []
    for commit in sorted(commits, key=lambda one: one.version, reverse=True):
        text = commit.notes.get(_DISCLOSURE)
        if text is None:
            continue
        days = _days(commit.notes.get("windows"))
        if days is None:
            return found or [json.loads(text)]
        if not days <= replaced:
            found.append(json.loads(text))
        replaced |= days
    return found


def _days(windows: str | None) -> set[date] | None:
    """The days of a commit: from the first up to, and without, the last; None for a whole table."""
    if windows is None:
        return None
    first, last = (date.fromisoformat(text) for text in windows.split("/"))
    return {first + timedelta(days=number) for number in range((last - first).days)}


_RELEASES: Final = (
    ("table", "Tabella"),
    ("version", "Versione"),
    ("units", "Unità (persone, contatori …)"),
    ("k", "k"),
    ("k_least", "k, soglia minima"),
    ("distinct_l", "l"),
    ("distinct_l_least", "l, soglia minima"),
    ("t", "t"),
    ("t_most", "t, soglia massima"),
    ("alone_ratio", "Quota di unici"),
    ("largest_share", "Parte del contributo più grande di una somma"),
    ("largest_most_share", "Soglia massima"),
    ("withheld_count", "Celle trattenute"),
    ("withheld_ratio", "Quota di unità in celle trattenute"),
)
_ATTACKS: Final = (
    ("table", "Tabella"),
    ("described_count", "Isolati: persone che una descrizione trova da sole"),
    ("worked_out_count", "Celle trattenute ricalcolate dai totali"),
    ("linked_count", "Collegati: persone riconosciute con un altro elenco"),
    ("highest_probability", "Probabilità del collegamento migliore"),
    ("inferred", "Dedotti: quanto si indovina in più perché una persona c'è (95 %)"),
)
_WITH_NOISE: Final = (
    ("table", "Tabella"),
    ("version", "Versione"),
    ("domain", "Dominio"),
    ("days_count", "Giorni pubblicati"),
    ("epsilon_a_day", "ε al giorno"),
    ("most_cells", "Celle in cui una persona conta al più"),
)


def _released(key: str, version: int | None, verdicts: list[Verdict]) -> tuple[Cell, ...]:
    limits = verdicts[0]["thresholds"]
    shares = _all(verdicts, "largest_share")
    return (
        key,
        version,
        sum(one["units_count"] for one in verdicts),
        min((one["k"] for one in verdicts if one["k"] is not None), default=None),
        limits["k"],
        min(_all(verdicts, "distinct_l"), default=None),
        limits["distinct_l"],
        max(_all(verdicts, "t"), default=None),
        limits["t"],
        max(one["alone_ratio"] for one in verdicts),
        max(shares, default=None),
        limits["top_ratio"] if shares else None,
        sum(one["loss"]["primary_count"] + one["loss"]["secondary_count"] for one in verdicts),
        max(one["loss"]["withheld_ratio"] for one in verdicts),
    )


def _all(verdicts: list[Verdict], name: str) -> list[float]:
    return [value for one in verdicts for value in one[name].values()]


def _attacked(key: str, verdicts: list[Verdict]) -> tuple[Cell, ...]:
    singling = [one["singling_out"] for one in verdicts]
    return (
        key,
        sum(max(one["alone_count"], one["described_count"]) for one in singling),
        sum(one["worked_out_count"] for one in singling),
        sum(one["linkage"]["linked_count"] for one in verdicts),
        max(one["linkage"]["highest_probability"] for one in verdicts),
        "; ".join(dict.fromkeys(_inferred(i) for one in verdicts for i in one["inference"]))
        or "nessun dato delicato dichiarato",
    )


def _inferred(inference: Verdict) -> str:
    low, mid, high = (inference[f"advantage_{name}"] for name in ("low", "ratio", "high"))
    said = f"{inference['column']}: {mid:.1%} (da {low:.1%} a {high:.1%})"
    return said.replace(".", ",").replace("%", " %")


def _with_noise(key: str, version: int | None, verdicts: list[Verdict]) -> tuple[Cell, ...]:
    return (
        key,
        version,
        ", ".join(sorted({one["domain"] for one in verdicts})),
        sum(one["days_count"] for one in verdicts),
        max(one["epsilon_a_day"] for one in verdicts),
        max(one["most_cells"] for one in verdicts),
    )


def _is_below(verdict: Verdict) -> bool:
    """Whether a release that was published is under a threshold: the gate lets none pass."""
    limits, singling = verdict["thresholds"], verdict["singling_out"]
    k = verdict["k"]
    return bool(
        verdict["problems"]
        or singling["worked_out_count"]
        or (k is not None and k < limits["k"])
        or any(value < limits["distinct_l"] for value in verdict["distinct_l"].values())
        or any(value > limits["t"] for value in verdict["t"].values())
    )
