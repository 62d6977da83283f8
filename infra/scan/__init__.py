"""The canary scanner: finds values under a folder, in every form and container we know of."""

from infra.scan.folder import scan
from infra.scan.hits import Hit

__all__ = ["Hit", "scan"]
