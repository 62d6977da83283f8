import hashlib
import hmac
import pickle
import stat
import subprocess
import sys
import warnings
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import TwinError
from infra.keys import Keyring
from infra.settings import Settings

DAY = date(2025, 1, 31)


def settings_in(folder: Path, **changes: object) -> Settings:
    values: dict[str, object] = {
        "home": folder,
        "lake": str(folder / "lake"),
        "archive": str(folder / "archive"),
        "root_key_file": folder / "root.key",
        "signing_key_file": folder / "signing.key",
    }
    return Settings(**{**values, **changes})  # type: ignore[arg-type] # a table of changes


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    key_file = tmp_path / "root.key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(bytes(range(32)))
    return settings_in(tmp_path)


def test_the_embedded_default_makes_its_root_key_once_with_a_warning(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    with pytest.warns(UserWarning, match="made a new root key"):
        first = Keyring.open(settings)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second = Keyring.open(settings)

    assert first.fingerprint("t", [b"x"]) == second.fingerprint("t", [b"x"])
    assert stat.S_IMODE(settings.root_key_file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "changes",
    [
        {"is_root_key_declared": True},
        {"lake": "s3://city/lake"},
        {"archive": "s3://city/archive"},
        {"lake": "s3://city/lake", "is_root_key_declared": True},
    ],
)
def test_a_root_key_is_never_made_where_one_must_be_declared(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(TwinError, match="GEMELLO_ROOT_KEY_FILE"):
        Keyring.open(settings_in(tmp_path, **changes))

    assert list(tmp_path.iterdir()) == []


def test_a_lost_root_key_is_not_replaced_by_a_new_one(settings: Settings) -> None:
    Keyring.open(settings).pseudonym_key("parking")
    settings.root_key_file.unlink()

    with pytest.raises(TwinError, match="restore the root key"):
        Keyring.open(settings)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_root_key_others_can_read_is_refused_with_the_command_to_type(
    settings: Settings, mode: int
) -> None:
    settings.root_key_file.chmod(mode)

    with pytest.raises(TwinError, match=rf"chmod 600 {settings.root_key_file}"):
        Keyring.open(settings)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_root_key_of_the_wrong_length_is_refused(settings: Settings, length: int) -> None:
    settings.root_key_file.write_bytes(bytes(length))

    with pytest.raises(TwinError, match="exactly 32 random bytes"):
        Keyring.open(settings)


def test_processes_that_open_at_once_end_with_the_same_keys(tmp_path: Path) -> None:
    script = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from datetime import date; from pathlib import Path\n"
        "from infra.keys import Keyring; from infra.settings import Settings\n"
        "k = Keyring.open(Settings.load({}, Path(sys.argv[1])))\n"
        "p, e = k.pseudonym_key('parking'), k.pseudonym_key('parking', epoch=date(2025, 1, 31))\n"
        "print(k.fingerprint('t', [p.mac_key, p.cipher_key, e.mac_key, e.cipher_key]))"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]

    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    answers = [process.communicate(timeout=60)[0].strip() for process in running]

    assert len(answers[0]) == 64
    assert len(set(answers)) == 1
    assert not list(tmp_path.rglob("*.unfinished"))


def test_a_domains_key_is_the_same_each_time_and_not_that_of_another_domain(
    settings: Settings,
) -> None:
    first = Keyring.open(settings).pseudonym_key("parking")
    again = Keyring.open(settings).pseudonym_key("parking")
    other = Keyring.open(settings).pseudonym_key("energy")

    assert (first.mac_key, first.cipher_key) == (again.mac_key, again.cipher_key)
    assert len({first.mac_key, first.cipher_key, other.mac_key, other.cipher_key}) == 4
    assert first.key_id == hashlib.sha256(b"bs-twin|v1|pseudonym|parking|k1").hexdigest()[:8]


def test_the_mac_key_follows_from_the_root_key_alone(settings: Settings) -> None:
    key = Keyring.open(settings).pseudonym_key("parking")

    # HKDF-SHA256 of 00..1f without salt, info bs-twin|v1|pseudonym|parking|k1 (RFC 5869 by hand).
    extracted = hmac.digest(bytes(32), bytes(range(32)), "sha256")
    info = b"bs-twin|v1|pseudonym|parking|k1\x01"
    assert key.mac_key == hmac.digest(extracted, info, "sha256")


def test_a_new_version_is_used_from_then_on_and_the_old_one_stays(settings: Settings) -> None:
    keyring = Keyring.open(settings)
    old = keyring.pseudonym_key("parking")

    info = keyring.new("parking")

    assert (info.version, info.domain, info.kind) == (2, "parking", "pseudonym")
    assert keyring.pseudonym_key("parking").version == 2
    assert keyring.pseudonym_key("parking").mac_key != old.mac_key
    assert keyring.pseudonym_key("parking", version=1).cipher_key == old.cipher_key
    with pytest.raises(TwinError, match="has no version 3"):
        keyring.pseudonym_key("parking", version=3)


def test_a_keyring_as_it_was_uses_the_version_of_then_and_leaves_other_domains_alone(
    settings: Settings,
) -> None:
    keyring = Keyring.open(settings)
    old = keyring.pseudonym_key("parking")
    for domain in ("parking", "energy", "energy"):
        keyring.new(domain)

    then = keyring.pinned("parking", 1)

    assert (then.version("parking"), keyring.version("parking")) == (1, 2)
    assert then.pseudonym_key("parking").mac_key == old.mac_key
    assert then.key_id("parking") == old.key_id != keyring.key_id("parking")
    assert then.version("energy") == keyring.version("energy") == 2
    assert keyring.version("water") == 1


def test_each_day_has_a_key_of_its_own(settings: Settings) -> None:
    keyring = Keyring.open(settings)

    first = keyring.pseudonym_key("parking", epoch=DAY)
    next_day = keyring.pseudonym_key("parking", epoch=date(2025, 2, 1))

    assert first.mac_key != next_day.mac_key
    assert first.mac_key == Keyring.open(settings).pseudonym_key("parking", epoch=DAY).mac_key
    assert first.mac_key != keyring.pseudonym_key("parking").mac_key


def test_a_destroyed_day_cannot_be_had_again_though_the_root_key_is_there(
    settings: Settings,
) -> None:
    keyring = Keyring.open(settings)
    keyring.pseudonym_key("parking", epoch=DAY)
    kept = keyring.pseudonym_key("parking", epoch=date(2025, 2, 1))

    count = keyring.expire_epochs(date(2025, 2, 1))

    assert count == 1
    for reopened in (keyring, Keyring.open(settings)):
        with pytest.raises(TwinError, match=r"parking\.e2025-01-31 was destroyed"):
            reopened.pseudonym_key("parking", epoch=DAY)
        key = reopened.pseudonym_key("parking", epoch=date(2025, 2, 1))
        assert key.mac_key == kept.mac_key
    assert keyring.expire_epochs(date(2025, 2, 1)) == 0


def test_the_key_that_encrypts_pseudonyms_rotates_and_the_one_that_makes_them_stays(
    settings: Settings,
) -> None:
    keyring = Keyring.open(settings)
    before = keyring.pseudonym_key("parking")
    day_before = keyring.pseudonym_key("parking", epoch=DAY)

    old, new = keyring.ciphers.begin_rotation("parking") or ()
    for other in (keyring, Keyring.open(settings)):
        with pytest.raises(TwinError, match="gemello keys rotate parking"):
            other.pseudonym_key("parking")
    again = keyring.ciphers.begin_rotation("parking")
    keyring.ciphers.end_rotation(old)

    after = keyring.pseudonym_key("parking")
    day_after = keyring.pseudonym_key("parking", epoch=DAY)
    assert again == (old, new)
    assert (before.mac_key, day_before.mac_key) == (after.mac_key, day_after.mac_key)
    assert before.cipher_key == day_before.cipher_key == old.secret
    assert after.cipher_key == day_after.cipher_key == new.secret
    assert old.mark != new.mark
    assert repr(old) == "CipherKey(parking.c1)"


def test_a_ring_that_lost_the_key_of_its_pseudonyms_gets_no_other_in_silence(
    settings: Settings,
) -> None:
    Keyring.open(settings).pseudonym_key("parking")
    settings.root_key_file.with_name("root.key.ring").joinpath("parking.c1.key").unlink()

    with pytest.raises(TwinError, match="restore the ring from its copy"):
        Keyring.open(settings).pseudonym_key("parking")


def test_a_domain_that_was_never_used_has_nothing_to_rotate(settings: Settings) -> None:
    with pytest.raises(TwinError, match="nothing to rotate"):
        Keyring.open(settings).ciphers.begin_rotation("parking")


def test_a_destruction_that_was_interrupted_is_completed(settings: Settings) -> None:
    keyring = Keyring.open(settings)
    keyring.pseudonym_key("parking", epoch=DAY)
    ring = settings.root_key_file.with_name("root.key.ring")
    (ring / "parking.e2025-01-31.destroyed").touch()

    keyring.expire_epochs(date(2025, 1, 1))

    assert not (ring / "parking.e2025-01-31.key").exists()


def test_the_list_tells_of_every_key_and_shows_none(settings: Settings) -> None:
    keyring = Keyring.open(settings)
    keys = [keyring.pseudonym_key("parking"), keyring.pseudonym_key("parking", epoch=DAY)]
    keyring.pseudonym_key("energy", epoch=DAY)
    keyring.expire_epochs(date(2025, 2, 1))

    infos = keyring.list()

    told = [(i.kind, i.domain, i.version, i.epoch, i.destroyed_on is None) for i in infos]
    assert told == [
        ("root", None, None, None, True),
        ("cipher", "energy", 1, None, True),
        ("epoch", "energy", None, DAY, False),
        ("cipher", "parking", 1, None, True),
        ("epoch", "parking", None, DAY, False),
        ("pseudonym", "parking", 1, None, True),
    ]
    assert not any(key.mac_key.hex() in repr(infos) for key in keys)


def test_keys_are_not_printed_and_not_pickled(settings: Settings) -> None:
    keyring = Keyring.open(settings)
    key = keyring.pseudonym_key("parking")

    shown = f"{keyring!r} {keyring} {key!r} {key}"

    for secret in (bytes(range(32)), key.mac_key, key.cipher_key):
        assert secret.hex() not in shown
        assert repr(secret) not in shown
    for thing in (keyring, key):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(thing)


def test_no_key_material_lies_in_the_ring(settings: Settings) -> None:
    keyring = Keyring.open(settings)
    keys = [keyring.pseudonym_key("parking"), keyring.pseudonym_key("parking", epoch=DAY)]

    files = list(settings.root_key_file.with_name("root.key.ring").iterdir())

    assert len(files) == 3
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        for key in keys:
            assert key.mac_key not in file.read_bytes()
            assert key.cipher_key not in file.read_bytes()
    assert stat.S_IMODE(files[0].parent.stat().st_mode) == 0o700


def test_a_ring_under_another_root_key_is_refused(settings: Settings) -> None:
    Keyring.open(settings).pseudonym_key("parking")
    settings.root_key_file.write_bytes(bytes(32))

    with pytest.raises(TwinError, match="does not open with the root key"):
        Keyring.open(settings).pseudonym_key("parking")


def test_a_key_moved_to_another_slot_does_not_open(settings: Settings) -> None:
    keyring = Keyring.open(settings)
    keyring.pseudonym_key("parking")
    ring = settings.root_key_file.with_name("root.key.ring")
    (ring / "parking.c1.key").rename(ring / "energy.c1.key")

    with pytest.raises(TwinError, match="does not open"):
        keyring.pseudonym_key("energy")


@pytest.mark.parametrize("domain", ["", "Parking", "../etc", "a b", "parking.k1"])
def test_a_domain_that_is_no_plain_word_is_refused(settings: Settings, domain: str) -> None:
    with pytest.raises(TwinError, match="key domain"):
        Keyring.open(settings).pseudonym_key(domain)


@given(key=st.binary(max_size=64), context=st.binary(max_size=20), other=st.binary(max_size=20))
def test_what_is_wrapped_opens_in_its_own_context_only(
    key: bytes, context: bytes, other: bytes
) -> None:
    keyring = Keyring(bytes(32), Path("unused"))

    wrapped = keyring.wrap(key, context=context)

    assert keyring.unwrap(wrapped, context=context) == key
    assert wrapped != keyring.wrap(key, context=context)
    if other != context:
        with pytest.raises(TwinError):
            keyring.unwrap(wrapped, context=other)


def test_a_digest_changes_with_every_bit_with_the_length_and_with_the_root_key(
    settings: Settings,
) -> None:
    keyring, piece = Keyring.open(settings), 16 * 2**20
    content = bytes(piece + 5)
    changed = [bytearray(content) for _ in range(3)]
    for at, copy in zip((0, piece - 1, piece + 4), changed, strict=True):
        copy[at] ^= 1

    digests = {keyring.digest(bytes(each)) for each in (content, content[:-1], b"", *changed)}
    other = Keyring(bytes(32), settings.root_key_file)

    assert len(digests) == 6
    assert keyring.digest(content) == Keyring.open(settings).digest(content)
    assert other.digest(content) not in digests


def test_a_fingerprint_tells_purposes_and_borders_apart(settings: Settings) -> None:
    keyring = Keyring.open(settings)

    prints = {
        keyring.fingerprint("delivery", [b"ab", b"c"]),
        keyring.fingerprint("delivery", [b"a", b"bc"]),
        keyring.fingerprint("delivery", [b"abc"]),
        keyring.fingerprint("contract", [b"abc"]),
        hashlib.sha256(b"abc").hexdigest(),
    }

    assert len(prints) == 5
