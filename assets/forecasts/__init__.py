"""Forecasts: a file each, with one function and one declaration."""
