"""How publishers are reached: one pydantic model a protocol, and the model is the adapter."""

from typing import Annotated

from pydantic import Field

from infra.adapters.ckan import CkanAdapter
from infra.adapters.file import FileAdapter
from infra.adapters.gtfs import GtfsAdapter
from infra.adapters.http_json import HttpJsonAdapter
from infra.adapters.sftp import SftpAdapter
from infra.adapters.socrata import SocrataAdapter

# A union on `protocol`; it grows by one member with each protocol.
Adapter = Annotated[
    FileAdapter | HttpJsonAdapter | SocrataAdapter | CkanAdapter | SftpAdapter | GtfsAdapter,
    Field(discriminator="protocol"),
]

__all__ = ["Adapter"]
