"""Shamir's secret sharing over GF(256), byte by byte (Shamir 1979, doi:10.1145/359168.359176).

The field is that of AES: polynomials over GF(2) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 §4.2).
Each byte of the secret is the value at 0 of a random polynomial of degree one less than the shares
needed; a share holds the values at its number. With fewer shares every secret is as likely.
"""

import secrets
from collections.abc import Mapping
from functools import reduce
from typing import Final

from infra.errors import TwinError

_MODULUS: Final = 0x11B
_MOST_SHARES: Final = 255


def split(secret: bytes, *, shares_count: int, needed_count: int) -> dict[int, bytes]:
    """Split a secret into numbered shares, any `needed_count` of which give it back.

    Raises TwinError unless 2 ≤ needed ≤ shares ≤ 255.
    """
    if not 2 <= needed_count <= shares_count <= _MOST_SHARES:
        raise TwinError(
            f"a secret is split into at most {_MOST_SHARES} shares of which at least 2 and at most "
            "all are needed"
        )
    polynomials = [bytes([byte]) + secrets.token_bytes(needed_count - 1) for byte in secret]
    return {
        number: bytes(_value(polynomial, number) for polynomial in polynomials)
        for number in range(1, shares_count + 1)
    }


def combine(shares: Mapping[int, bytes]) -> bytes:
    """The secret of these shares, by Lagrange's interpolation at 0.

    Too few of them, or shares of different secrets, give other bytes: who calls this has checked.
    Raises TwinError for shares of different lengths and for numbers no share has.
    """
    if not shares or not all(1 <= number <= _MOST_SHARES for number in shares):
        raise TwinError("a share is numbered from 1 to 255")
    if len({len(share) for share in shares.values()}) > 1:
        raise TwinError("the shares of one secret have one length")
    factors = {number: _at_zero(number, shares) for number in shares}
    columns = zip(*shares.values(), strict=True)
    return bytes(
        reduce(
            lambda total, pair: total ^ pair,
            (_times(factor, byte) for factor, byte in zip(factors.values(), column, strict=True)),
        )
        for column in columns
    )


def _at_zero(number: int, numbers: Mapping[int, bytes]) -> int:
    """The value at 0 of the polynomial that is 1 at this number and 0 at all others."""
    product = 1
    for other in numbers:
        if other != number:  # subtraction is addition in this field
            product = _times(product, _times(other, _inverse(other ^ number)))
    return product


def _value(polynomial: bytes, at: int) -> int:
    """The value of a polynomial, the constant first, by Horner's rule."""
    return reduce(lambda total, factor: _times(total, at) ^ factor, reversed(polynomial), 0)


def _times(one: int, other: int) -> int:
    """The product in the field; in the same steps whatever the factors are."""
    product = 0
    for _ in range(8):
        product ^= -(other & 1) & one
        one = (one << 1) ^ (-(one >> 7) & _MODULUS)
        other >>= 1
    return product


def _inverse(one: int) -> int:
    """What gives 1 when multiplied by it: its 254th power."""
    return reduce(lambda power, _: _times(power, one), range(253), one)
