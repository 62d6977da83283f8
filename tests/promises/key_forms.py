"""How a key may look in a text."""

import base64


def forms(key: bytes) -> list[str]:
    """Hexadecimal, base64 at each of its three offsets, and what Python shows of bytes."""
    whole = [key.hex(), key.hex().upper(), str(list(key)), repr(key)[2:-1]]
    shifted = [base64.b64encode(bytes(at) + key).decode()[4 if at else 0 : -4] for at in range(3)]
    return [*whole, *shifted, *(text.replace("+", "-").replace("/", "_") for text in shifted)]
