"""Backups of the lake: one version of each table, encrypted, in a folder or a bucket."""

from infra.backup.backups import LONGEST_DAYS, Backup, Backups
from infra.backup.restoring import Restored, restore

__all__ = ["LONGEST_DAYS", "Backup", "Backups", "Restored", "restore"]
