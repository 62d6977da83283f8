"""Whole deliveries, kept sealed for a while: each under a key of its own, destroyed on time."""

from infra.seal.archive import Archive
from infra.seal.payloads import delivery_id
from infra.seal.records import SealedDelivery

__all__ = ["Archive", "SealedDelivery", "delivery_id"]
