"""Addresses of publishers, as messages may show them."""


def without_secrets(address: str) -> str:
    """An address that may be shown: no query string, no user and password."""
    if "://" not in address:
        return address.partition("?")[0]
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}".partition("?")[0].partition("#")[0]
