"""Contracts: the model, how they are found and read, and the formats they export to."""
