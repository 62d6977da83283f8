"""The canary scanner: finds values under a folder, in every form and container we know of."""

from infra.scan.folder import scan, search_file, search_store
from infra.scan.hits import UNREADABLE, Findings, Hit

__all__ = ["UNREADABLE", "Findings", "Hit", "scan", "search_file", "search_store"]
