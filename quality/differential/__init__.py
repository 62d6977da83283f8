"""Counts and sums that are released again and again: bounded, with noise, within a yearly budget.

Differential privacy as Dwork, McSherry, Nissim and Smith (2006) define it, between tables with and
without one person-unit. `bounding` says how much one unit can change, `noise` has OpenDP's
measurements, `budget` the ledger of what is spent, `release` the one way that uses all three.
"""
