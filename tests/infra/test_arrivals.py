import pickle
from datetime import UTC, datetime

import pytest

from infra.arrivals import Arrivals, Payload

AT = datetime(2025, 1, 1, tzinfo=UTC)


def test_arrivals_print_their_size_and_nothing_else():
    arrivals = Arrivals([Payload("Rossi Mario.csv", b"targa;AB123CD", AT)])

    shown = f"{arrivals} {arrivals!r} {[arrivals]}"

    assert "13 bytes" in shown
    assert "Rossi" not in shown
    assert "AB123CD" not in shown


def test_arrivals_cannot_be_pickled():
    with pytest.raises(TypeError, match="personal data"):
        pickle.dumps(Arrivals([]))
