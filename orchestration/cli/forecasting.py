"""`forecast score` and `forecast challenge`: what the forecasts were worth, and beside others."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from infra.errors import UsageError
from orchestration.cli.console import no_such, note, say, table

if TYPE_CHECKING:
    import polars as pl

app = typer.Typer(help="Forecasts: what they were worth, and beside others.", no_args_is_help=True)

_LEDGER: Final = "gold/actions/daily_forecast_score_by_target"
_COLUMNS: Final = (
    "target", "days", "last day", "forecasts", "MASE", "naive", "pinball", "in 80 %", "in 95 %",
    "harmonic",
)  # fmt: skip


_CONTEST: Final = (
    "target", "places", "issues", "forecasts", "MASE", "naive", "challenger", "seconds a fit",
)  # fmt: skip


@app.command()
def score(
    target: Annotated[
        str | None, typer.Option(help="One target, day by day; else a line each.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="Of the last so many days.")] = 28,
) -> None:
    """Scores of the forecasts that were issued: error, pinball loss, and coverage of intervals.

    MASE is the error in steps from season to season: below 1 is better than those; `naive` is that
    of repeating the last season. Reads the ledger and writes nothing.
    """
    import polars as pl

    from assets.twin import Twin

    twin = Twin.here()
    if not twin.lake.exists(_LEDGER):
        raise UsageError(f"{_LEDGER} has not been computed yet; type `gemello run` first")
    ledger = twin.read(_LEDGER).collect().sort("target_code", "scored_on")
    if ledger.is_empty():
        raise UsageError("no forecast has met its truth yet: scores come with the next day of data")
    known = ledger["target_code"].unique().sort().to_list()
    if target is not None and target not in known:
        raise UsageError(no_such("target", target, known))
    if target is not None:
        ledger = ledger.filter(pl.col("target_code") == target)
    newest = pl.col("scored_on").max().over("target_code")
    lately = ledger.filter(pl.col("scored_on") > newest - pl.duration(days=days))
    if target is None:
        table("Scores of the forecasts", _COLUMNS, _lines(lately, "target_code"))
        say("One day by day: gemello forecast score --target TARGET")
    else:
        table(f"Scores of {target}", _COLUMNS, _lines(lately, "target_code", "scored_on"))


@app.command()
def challenge(
    target: Annotated[str | None, typer.Option(help="One target; else all.")] = None,
    origins: Annotated[int, typer.Option(min=1, help="Newest instants of issue that count.")] = 8,
) -> None:
    """Hold what was published to exponential smoothing, on the same places, days and truth.

    Errors are scaled as in `score` (MASE). The challenger is fitted to what is known now of the
    days before each issue. Needs the extra `challengers`; reads the lake and writes nothing.
    """
    from importlib.util import find_spec

    from assets.challenging import TARGETS_SCORED, challenged_in
    from assets.twin import Twin

    if find_spec("statsmodels") is None:
        raise UsageError("challengers need a library: install gemello with the extra challengers")
    codes = sorted(TARGETS_SCORED)
    if target is not None and target not in codes:
        raise UsageError(no_such("target", target, codes))
    twin = Twin.here()
    lines: list[tuple[object, ...]] = []
    for code in codes if target is None else [target]:
        note(f"{code}: fitting the challenger ...")
        contest = challenged_in(twin, code, origins=origins)
        if contest is None:
            note(f"{code}: no forecast has met its truth yet")
            continue
        lines.append(
            (
                code, contest.places, contest.issues, contest.forecasts,
                *(_number(error) for error in contest.errors),
                _number(contest.fit_s),
            )
        )  # fmt: skip
    if not lines:
        raise UsageError("no forecast has met its truth yet: it comes with the next day of data")
    table("The forecasts and their challenger", _CONTEST, lines)


def _lines(ledger: "pl.DataFrame", *by: str) -> list[tuple[object, ...]]:
    """A line a group, each day weighing as many forecasts as were scored on it."""
    import polars as pl

    def mean(column: str) -> pl.Expr:
        weight = pl.when(pl.col(column).is_not_null()).then(pl.col("observations_count"))
        # Nothing over nothing is no number.
        return ((pl.col(column) * weight).sum() / weight.sum()).fill_nan(None)

    scores = (
        "mase_ratio", "naive_mase_ratio", "pinball_ratio", "coverage_80_ratio",
        "coverage_95_ratio", "harmonic_ratio",
    )  # fmt: skip
    found = ledger.group_by(by, maintain_order=True).agg(
        days=pl.len(),
        last_on=pl.col("scored_on").max(),
        count=pl.col("observations_count").sum(),
        **{name: mean(name) for name in scores},
    )
    return [
        (
            row["target_code"], row["days"], row["last_on"], row["count"],
            *(_number(row[name]) for name in scores[:3]),
            *(_share(row[name]) for name in scores[3:]),
        )
        for row in found.iter_rows(named=True)
    ]  # fmt: skip


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
