"""Whole deliveries, kept sealed for a while: each under a key of its own, destroyed on time."""

from infra.seal.archive import Archive, SealedDelivery
from infra.seal.payloads import delivery_id

__all__ = ["Archive", "SealedDelivery", "delivery_id"]
