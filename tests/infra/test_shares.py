import itertools
import random
import secrets
import stat
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from infra.errors import TwinError, UsageError
from infra.keys import Keyring, shamir
from infra.keys.recovery import recover
from infra.keys.shares import Share, pages, read_shares, secret_of, shares_of

KEY = bytes(range(32))
FIVE = shares_of(KEY, key_id="0123abcd")


def typed(*shares: Share) -> str:
    return "\n".join(line for share in shares for line in share.lines())


@given(
    secret=st.binary(min_size=1, max_size=40),
    counts=st.tuples(st.integers(2, 6), st.integers(0, 4)),
    order=st.randoms(use_true_random=False),
)
def test_any_shares_that_are_enough_give_the_secret_back(
    secret: bytes, counts: tuple[int, int], order: random.Random
) -> None:
    needed, more = counts

    shares = shamir.split(secret, shares_count=needed + more, needed_count=needed)

    chosen = order.sample(sorted(shares), needed)
    assert shamir.combine({number: shares[number] for number in chosen}) == secret


@pytest.mark.parametrize("other", [0, 1, 255])
def test_one_share_too_few_is_compatible_with_every_secret(other: int) -> None:
    shares = shamir.split(bytes([7]), shares_count=3, needed_count=3)
    two = {number: shares[number] for number in (1, 2)}

    thirds = [n for n in range(256) if shamir.combine({**two, 3: bytes([n])}) == bytes([other])]

    assert len(thirds) == 1


def test_the_field_is_that_of_aes() -> None:
    # FIPS 197, example in section 4.2: {57} · {83} = {c1}; a line through 0x57 of slope 0x83 at 1.
    assert shamir._times(0x57, 0x83) == 0xC1
    assert shamir._times(0x53, shamir._inverse(0x53)) == 1


@pytest.mark.parametrize("counts", [(5, 1), (2, 3), (256, 3), (0, 0)])
def test_a_split_that_makes_no_sense_is_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(TwinError, match="at most 255 shares"):
        shamir.split(KEY, shares_count=counts[0], needed_count=counts[1])


@pytest.mark.parametrize("numbers", itertools.combinations(range(5), 3))
def test_any_three_of_five_printed_shares_give_the_key_back(numbers: tuple[int, ...]) -> None:
    page = pages([FIVE[n] for n in numbers], installation="Brescia", printed_on="01/01/2026")

    shares = read_shares("\n".join(page))

    assert secret_of(shares) == KEY


def test_small_letters_spaces_and_letters_taken_for_digits_do_not_matter() -> None:
    text = typed(*FIVE[:3])
    loose = text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    lines = [
        f"{line.partition('  ')[0]}: {spoilt.partition('  ')[2]}"
        for line, spoilt in zip(text.splitlines(), loose.splitlines(), strict=True)
    ]

    assert secret_of(read_shares("\n".join(reversed(lines)))) == KEY


@given(share=st.sampled_from(FIVE), line=st.integers(0, 5), at=st.integers(0, 15), by=st.data())
def test_every_wrong_letter_is_named_with_its_line_and_not_shown(
    share: Share, line: int, at: int, by: st.DataObject
) -> None:
    lines = share.lines()
    head, groups = lines[line].split("  ")
    letters = list(groups.replace("-", ""))
    wrong = by.draw(st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
    assume(wrong != letters[at])
    letters[at] = wrong
    lines[line] = f"{head}  {''.join(letters)}"

    with pytest.raises(UsageError) as refused:
        read_shares("\n".join(lines))

    assert f"line {line + 1} of share {share.number} has a typing error" in str(refused.value)
    assert "".join(letters) not in str(refused.value)


@given(share=st.sampled_from(FIVE), line=st.integers(0, 5), at=st.integers(0, 14))
def test_two_neighbours_that_changed_places_are_noticed(share: Share, line: int, at: int) -> None:
    lines = share.lines()
    head, groups = lines[line].split("  ")
    letters = list(groups.replace("-", ""))
    assume(letters[at] != letters[at + 1])
    letters[at], letters[at + 1] = letters[at + 1], letters[at]
    lines[line] = f"{head}  {''.join(letters)}"

    with pytest.raises(UsageError, match="has a typing error"):
        read_shares("\n".join(lines))


OTHER_SPLIT = shares_of(KEY, key_id="0123abcd")
OTHER_KEY = shares_of(bytes(32), key_id="99999999")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no share was given"),
        ("Installazione: Brescia", "no share was given"),
        (typed(*FIVE[:2]), r"3 shares are needed, and only 2 came \(number 1, 2\)"),
        (typed(FIVE[0], FIVE[0], FIVE[0]), "3 shares are needed, and only 1 came"),
        (typed(*FIVE[:2], OTHER_SPLIT[2]), "share 3 is of another split than share 1"),
        (typed(*FIVE[:2], OTHER_KEY[2]), "share 3 is of another split than share 1"),
        (typed(FIVE[0], OTHER_SPLIT[0]), "typed twice, and differently"),
        ("\n".join(FIVE[0].lines()[:5]), "share 1 lacks line 6"),
        ("\n".join([*FIVE[0].lines()[:5], OTHER_SPLIT[0].lines()[5]]), "of different shares"),
        ("2-1" + FIVE[0].lines()[0][3:], "line 1 of share 2 has a typing error"),
        ("1-2" + FIVE[0].lines()[0][3:], "line 2 of share 1 has a typing error"),
        ("1-1  7XQ2-M0RT-94KA-ZB6", "four groups of four"),
        ("1-1  7XQ2-M0RT-94KA-ZB6U", "no U"),
        ("1-9  7XQ2-M0RT-94KA-ZB6E", "is none"),
        ("999-1  7XQ2-M0RT-94KA-ZB6E", "is none"),
        ("1-1  ?", "is none"),
    ],
    ids=itertools.count(),  # each split is another: shares in a test's name would name it anew
)
def test_what_does_not_give_the_key_back_says_why(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        secret_of(read_shares(text))


def test_a_share_made_up_for_a_split_does_not_go_with_the_others(tmp_path: Path) -> None:
    real = shares_of(KEY, key_id=Keyring(KEY, tmp_path / "k").root_id())
    forged = Share(
        3, 3, 5, split_id=real[0].split_id, key_id=real[0].key_id, value=secrets.token_bytes(32)
    )

    with pytest.raises(UsageError, match="forged"):
        secret_of([*real[:2], forged, real[3]])
    with pytest.raises(UsageError, match="forged"):
        recover(typed(*real[:2], forged), tmp_path / "root.key")

    assert not (tmp_path / "root.key").exists()


def test_a_recovered_key_is_for_its_owner_and_replaces_none(tmp_path: Path) -> None:
    path = tmp_path / "new" / "root.key"
    keyring = Keyring(KEY, path)
    text = typed(*keyring.split(shares_count=5, needed_count=3)[1:4])

    done = recover(text, path)

    assert (path.read_bytes(), done.key_id, done.opened_count) == (KEY, keyring.root_id(), 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"another")
    with pytest.raises(UsageError, match="was not replaced"):
        recover(text, path)
    assert path.read_bytes() == b"another"


def test_a_recovered_key_that_does_not_open_the_ring_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    Keyring(bytes(32), path).pseudonym_key("parking")

    with pytest.raises(TwinError, match="does not open with the root key"):
        recover(typed(*Keyring(KEY, path).split(shares_count=2, needed_count=2)), path)

    assert not path.exists()


def test_neither_key_nor_share_is_shown_by_its_object() -> None:
    shown = f"{FIVE[0]!r} {FIVE}"

    assert FIVE[0].value.hex() not in shown
    assert repr(FIVE[0].value) not in shown
    assert FIVE[0].lines()[2].partition("  ")[2] not in shown


def test_a_page_fits_on_paper_and_says_which_share_it_is() -> None:
    first, *_ = pages(FIVE, installation="/srv/gemello", printed_on="01/02/2026")

    lines = first.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 50
    assert "QUOTA 1 DI 5" in first
    assert FIVE[0].split_id in first
