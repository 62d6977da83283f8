"""What a network of pipes loses: what flows in and is not used, and what flows when all sleep."""

import polars as pl


def losses_share(inflow: pl.Expr, used: pl.Expr) -> pl.Expr:
    """The share of the inflow that no meter saw, 0 to 1; missing where one is or nothing flowed in.

    Both in one unit (m³) over the same time. Non-revenue water of the IWA's balance (Lambert &
    Hirner 2000, from memory), and ISTAT's total losses of distribution. Where meters saw more than
    flowed in, it is 0.
    """
    return pl.when(inflow > 0).then(((inflow - used) / inflow).clip(lower_bound=0.0))


def litres_a_head(used_m3: pl.Expr, heads: pl.Expr, days: pl.Expr) -> pl.Expr:
    """Litres a head and day, of cubic metres used by so many in so many days."""
    return pl.when((heads > 0) & (days > 0)).then(1000 * used_m3 / heads / days)


def minimum_night_flow(hourly: pl.Expr, is_night: pl.Expr) -> pl.Expr:
    """The least flow of the hours of a night (m³/h); missing without any.

    The nightline of hydraulic practice is the least mean of an hour: here of clock hours.
    """
    return hourly.filter(is_night).min()


def risen(night: pl.Series, *, usual_quantile: float, rise_ratio: float, least: int, most: int
) -> tuple[pl.Series, pl.Series]:  # fmt: skip
    """The usual flow of the nights before each, and whether the night is above it by so much.

    `night` holds one district's nights in order, missing ones included. Usual is the quantile (the
    lower of two nights) of up to `most` nights before; without `least` of them both are missing. A
    low quantile goes on saying so until most of the nights before have the leak, too. A rolling
    20th percentile: UKWIR 99/WM/08/21.
    """
    values = night.to_list()
    usual: list[float | None] = []
    for at in range(len(values)):
        before = pl.Series(values[max(0, at - most) : at], dtype=pl.Float64).drop_nulls()
        usual.append(before.quantile(usual_quantile, "lower") if before.len() >= least else None)
    known = pl.Series("usual", usual, dtype=pl.Float64)
    return known, (night > known * (1 + rise_ratio)).rename("is_rising")
