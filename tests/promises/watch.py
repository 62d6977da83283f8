"""Looking after every step at all that an installation wrote: values of people, and keys."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from infra.keys import Keyring
from infra.keys.ring import Ring
from infra.scan import Findings, search_file
from infra.scan.forms import Needle
from infra.scan.search import Matcher
from infra.settings import Settings
from tests.promises.key_forms import forms

# Where a key lies as it is; all others are stored encrypted.
OWN_FILES: Final = {"root": "root.key", "signing": "signing.key"}


class Watch:
    """Reads what is new or changed on a disk since it last looked, decoded too."""

    def __init__(self, disk: Path, canaries: Sequence[str]) -> None:
        """Nothing has been looked at yet."""
        self._disk = disk
        self._canaries = list(canaries)
        self._findings = Findings(canaries)
        self._known: dict[Path, tuple[int, int, int]] = {}
        self.files_count = 0
        self.keys: dict[str, bytes] = {}

    def look(self) -> list[str]:
        """Say where anything is that must be nowhere; never what it is."""
        keys = _findings_of(self.keys)
        for path in sorted(self._disk.rglob("*")):
            name, shown = path.name.encode(), str(path.relative_to(self._disk))
            if path.is_symlink():
                name += b" " + bytes(path.readlink())
            elif path.is_file():
                stat = path.stat()
                state = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
                if self._known.get(path) == state:
                    continue
                self._known[path] = state
                self._search(path, keys, shown)
            self._findings.search(name, path=shown, trail="", place=lambda *_: "name")
        hits = [
            f"{hit.path}: {hit.form} of value {hit.canary}, {hit.place}"
            for hit in self._findings.hits()
        ]
        names = list(self.keys)
        stolen = [(names[hit.canary], hit) for hit in keys.hits() if hit.canary >= 0]
        return hits + [
            f"{hit.path}: {name}, {hit.place}"
            for name, hit in stolen
            if OWN_FILES.get(name) != Path(hit.path).name
        ]

    def look_again(self) -> list[str]:
        """The same over everything, as if nothing had been looked at yet."""
        self._known.clear()
        self._findings = Findings(self._canaries)
        return self.look()

    def learn(self, settings: Settings) -> None:
        """Remember every key that there is now."""
        if not settings.root_key_file.exists():
            return
        root = settings.root_key_file.read_bytes()
        if self.keys.get("root") not in {None, root}:
            # Another one has its place: the old one may be nowhere at all.
            self.keys[f"root before {len(self.keys)}"] = self.keys["root"]
        self.keys["root"] = root
        self.keys |= keys_of(Keyring(root, settings.root_key_file), settings)

    def _search(self, path: Path, keys: Findings, shown: str) -> None:
        self.files_count += 1
        for findings in (self._findings, keys):
            with path.open("rb") as file:
                search_file(file, findings, name=path.name, shown=shown)


def keys_of(keyring: Keyring, settings: Settings) -> dict[str, bytes]:
    """Every key of the ring, opened, those derived from the root key, and the signing key."""
    ring = Ring(settings.root_key_file.with_name("root.key.ring"), keyring)
    found = {f"{keyring.root_id()} {name}": keyring._derive(name.encode()) for name in _DERIVED}
    for slot, is_destroyed in ring.slots():
        stored = None if is_destroyed else ring.get(slot)
        if stored is not None:
            found[slot.name] = stored.secret
    if settings.signing_key_file.exists():
        found["signing"] = settings.signing_key_file.read_bytes()
    return found


_DERIVED: Final = ("wrap", "digest", "id")


def _findings_of(keys: Mapping[str, bytes]) -> Findings:
    """What looks for keys: as they are, and in every form they may have in a text."""
    findings = Findings([])
    findings.matcher = Matcher(list(_needles(keys.values())))
    return findings


def _needles(keys: Iterable[bytes]) -> "Iterable[Needle]":
    for number, key in enumerate(keys):
        yield Needle(key, "bytes", number, is_exact=True)
        for form in forms(key):
            yield Needle(form.encode(), "text", number, is_exact=True)
