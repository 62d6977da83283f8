"""Who may write a table: many writers at once, or one alone who rewrites it and purges its history.

    <root>/.leases/<stage>.<publisher>.<dataset>.lock         a locked file, on a local disk
    <root>/.leases/<stage>.<publisher>.<dataset>/…            objects in a bucket: `presence`

On a disk the system lifts the lock of a process that dies.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from infra.errors import TwinError
from infra.lake.faults import translated
from infra.lake.places import Place
from infra.lake.presence import Presence
from infra.lake.probe import Roots

WAIT_S: Final = 600.0
_OTHERS_WRITE: Final = "others go on writing it; run it again when they are done"
_IS_REWRITTEN: Final = (
    "it is being rewritten, by an erasure, a new key or upkeep; nothing was written: run it again "
    "when that is done"
)
# A bucket is asked less often: each look is a request.
_LOOK_EVERY_S: Final = 0.05
_ASK_EVERY_S: Final = 0.5


class Leases:
    """The leases of one process on the tables of a lake; a thread may ask again for what it has."""

    def __init__(self, place: Place, roots: Roots, *, wait_s: float = WAIT_S) -> None:
        """Nothing is taken yet; whoever has to wait does so for `wait_s`.

        Who takes a lease is about to write: the root is tried out first.
        """
        self._place = place
        self._roots = roots
        self._wait_s = wait_s
        self._own = threading.local()

    @contextmanager
    def shared(self, *keys: str) -> Iterator[None]:
        """Write these tables beside other writers. Raises TwinError if one is long rewritten."""
        with self._taken(keys, alone=False):
            yield

    @contextmanager
    def alone(self, *keys: str) -> Iterator[None]:
        """Be the only writer of these tables. Raises TwinError if others go on writing."""
        with self._taken(keys, alone=True):
            yield

    @contextmanager
    def _taken(self, keys: tuple[str, ...], *, alone: bool) -> Iterator[None]:
        # All who take several take them in one order, so that no two wait for each other.
        with ExitStack() as stack:
            for key in sorted(set(keys)):
                stack.enter_context(self._one(key, alone=alone))
            yield

    @contextmanager
    def _one(self, key: str, *, alone: bool) -> Iterator[None]:
        held: dict[str, bool] = self._own.__dict__.setdefault("held", {})
        if key in held:
            if alone and not held[key]:
                raise TwinError(f"{key}: who writes a table cannot rewrite it meanwhile")
            yield
            return
        self._roots.probe(self._place.root_of(key))
        hold = self._in_bucket if self._place.is_remote else self._on_disk
        with hold(key, alone=alone):
            held[key] = alone
            try:
                yield
            finally:
                del held[key]

    @contextmanager
    def _on_disk(self, key: str, *, alone: bool) -> Iterator[None]:
        path = Path(f"{self._folder(key)}.lock")
        with translated(key, "taking the lease"):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            self._wait_for(key, lambda: _locked(handle, kind), alone=alone)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _in_bucket(self, key: str, *, alone: bool) -> Iterator[None]:
        presence = Presence(self._place.files, self._folder(key).removeprefix("s3://"))
        with translated(key, "taking the lease"):
            try:
                # Who waits longer than a dead one is waited for has to be seen alive, too.
                presence.go_on()
                look = presence.is_alone if alone else presence.is_among_writers
                self._wait_for(key, look, alone=alone)
            except BaseException:
                presence.end()
                raise
        try:
            yield
        finally:
            with translated(key, "giving the lease back"):
                presence.end()

    def _wait_for(self, key: str, is_free: Callable[[], bool], *, alone: bool) -> None:
        until = time.monotonic() + self._wait_s
        while not is_free():
            if time.monotonic() > until:
                raise TwinError(
                    f"{key}: {_OTHERS_WRITE if alone else _IS_REWRITTEN} (waited for "
                    f"{self._wait_s:.0f} s)"
                )
            time.sleep(_ASK_EVERY_S if self._place.is_remote else _LOOK_EVERY_S)

    def _folder(self, key: str) -> str:
        return f"{self._place.root_of(key)}/.leases/{key.replace('/', '.')}"


def _locked(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
