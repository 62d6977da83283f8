"""Conformed entities across publishers, by event time; no person is followed here."""
