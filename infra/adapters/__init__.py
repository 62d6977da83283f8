"""How publishers are reached: one pydantic model a protocol, and the model is the adapter."""

from infra.adapters.file import FileAdapter

# A union on `protocol`; it grows by one member with each protocol.
Adapter = FileAdapter

__all__ = ["Adapter"]
