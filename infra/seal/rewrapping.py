"""What an archive holds under the root key, wrapped under another; no delivery is opened."""

from infra.errors import TwinError
from infra.keys import Keyring
from infra.objects import ObjectStore, open_store
from infra.seal.erasures import Erasures
from infra.seal.headers import write_header
from infra.seal.records import Record


def rewrap_archive(location: str, old: Keyring, new: Keyring) -> int:
    """Wrap the key of every sealed delivery anew; give how many there are.

    Who was erased is sealed anew, too. What opens with the new root key already is left alone. What
    servers said of their answers is forgotten: they are asked in full once more. Raises TwinError
    for what opens with neither.
    """
    store = open_store(location)
    names = [stored.name for stored in store.list("keys")]
    for name in names:
        _rewrap(store, name, old, new)
    Erasures(store, new).rewrap(old)
    for stored in store.list("answers"):
        store.delete(stored.name)
    return len(names)


def _rewrap(store: ObjectStore, name: str, old: Keyring, new: Keyring) -> None:
    content = store.get(name)
    if content is None:  # its term ended at this moment
        return
    record = Record.read(name, content)
    try:
        new.unwrap(record.wrapped, context=record.context())
    except TwinError:
        secret = old.unwrap(record.wrapped, context=record.context())
        wrapped = new.wrap(secret, context=record.context())
        store.write(name, [write_header(record.header) + b"\n" + wrapped.hex().encode()])
