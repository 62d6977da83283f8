"""Rules for accounts: handles, and names of users by the words around them or by their form."""

import re
from typing import Final

from quality.privacy.detection import mailboxes
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.harmless import NEVER_NAMES
from quality.privacy.detection.rule import Rule, rule
from quality.privacy.detection.tokens import known

# What joins a cue to the account: `il mio profilo IG è:`, `utente su facebook "…"`.
_TO: Final = (
    r"(?:[ ](?:id|utente|nome|è|di|del|della|mio|mia|come|con|su|il|la|l'|sotto|spid|ig|insta|"
    r"instagram|fb|facebook|telegram|tg|tiktok|chiamat[oa]|personale|registrat[oa]|risulta|"
    r"attuale|del[ ]portale|portale|app|e'))*[ ]?[:=(]?[ ]?[\"']?"
)
_ACCOUNT: Final = r"(?P<it>[a-z0-9](?:[a-z0-9_.\-]{1,38}[a-z0-9_])(?![\w@]))"
_WORD_PARTS: Final = re.compile(r"[a-z]+")
_FORM: Final = re.compile(r"[a-z]{3,}\d{1,4}")
# Parts of names of files, programs and places on the net, which look like accounts.
_NO_ACCOUNT: Final = re.compile(
    r"^(?:img|dsc|vid|pdf|doc|file|scan|scansione|screenshot|foto|www|http|art|prot|allegato|"
    r"modulo|rev|vers?|id|user|utente|cod|n)(?=[._\d])|\.(?:it|com|net|org|eu|pdf|docx?|xlsx?|"
    r"csv|jpe?g|png|zip|txt|log|xml|json|p7m|py|sh|sql|exe|local|lan|example)$"
)


def _is_an_account(folded: Folded, start: int, end: int) -> bool:
    """Not a word of the language and not a name in a form, which are something else."""
    written = folded.lower[start:end]
    if _NO_ACCOUNT.search(written) or written.replace(".", "").replace("-", "").isdigit():
        return False
    if not written.isalpha():
        return bool(_WORD_PARTS.search(written)) and not _is_a_pair(written)
    if written in NEVER_NAMES:
        return False
    return not known(written)[-1:].isdigit() and folded.plain[start:end].islower()


def _is_a_pair(written: str) -> bool:
    """Whether it is two words of the language with a hyphen, as `e-mail`."""
    parts = written.split("-")
    return len(parts) == 2 and all(part.isalpha() and known(part)[-1:].isdigit() for part in parts)


def _is_a_users(folded: Folded, start: int, end: int) -> bool:
    """Whether a user is called by an account: with signs in it, or `mrossi`."""
    written = folded.lower[start:end]
    if written.isalpha():
        return not known(written) and "S" in known(written[1:])
    is_account = folded.plain[start].islower() and _is_an_account(folded, start, end)
    return is_account and max(map(len, _WORD_PARTS.findall(written))) > 2


def _looks_like_one(folded: Folded, start: int, end: int) -> bool:
    """Whether words joined by signs are somebody's: one is a name, or has a number after it."""
    written = folded.lower[start:end]
    if _NO_ACCOUNT.search(written):
        return False
    parts = re.split(r"[._]", written)
    return any(_FORM.fullmatch(part) or _is_name(part) for part in parts)


def _is_name(part: str) -> bool:
    return len(part) > 2 and known(part)[:1] in ("F", "S", "X")


RULES: Final[tuple[Rule, ...]] = (
    rule(
        "USERNAME",
        r"(?<![\w.@/])@[ ]?(?P<it>[a-z0-9_](?:[a-z0-9_.\-]*[a-z0-9_])?)(?![\w@])",
        score=0.7,
        needs=("@",),
        policy=mailboxes.is_no_office_handle,
    ),
    # These words speak of accounts only: any word that is none of the language is one.
    rule(
        "USERNAME",
        r"(?<![\w/.])(?:username|user[ ]?name|user[ ]?id|user|nome[ ]utente|nickname|nick|login|"
        r"account|profilo|alias|skype|telegram|tg|instagram|insta|ig|facebook|fb|tiktok|discord|"
        rf"twitter|linkedin|credenziali)\b{_TO}{_ACCOUNT}",
        score=0.7,
        needs=(
            "user",
            "utente",
            "nick",
            "login",
            "account",
            "profilo",
            "alias",
            "skype",
            "tg",
            "telegram",
            "insta",
            "ig",
            "facebook",
            "fb",
            "tiktok",
            "discord",
            "twitter",
            "linkedin",
            "credenz",
        ),
        accept=_is_an_account,
    ),
    rule(
        "USERNAME",
        rf"(?<![\w/.])(?:utente|spid|utenza|accesso|portale|iscritt[oa])\b{_TO}{_ACCOUNT}",
        score=0.7,
        needs=("uten", "spid", "accesso", "portale", "iscritt"),
        accept=_is_a_users,
    ),
    rule(
        "USERNAME",
        r"(?<![\w.@/\-])[a-z][a-z0-9.]*_+[a-z0-9]+(?:[._]+[a-z0-9]+){0,3}_?(?![\w@/\-]|\.\w)",
        score=0.65,
        needs=("_",),
        accept=_looks_like_one,
    ),
    rule(
        "USERNAME",
        r"\b(?:facebook|instagram|linkedin|tiktok|twitter|x|t|github)\.(?:com|me)/(?:in/|@)?"
        r"(?P<it>[\w.\-]{2,}\w)",
        score=0.7,
        needs=(
            "facebook.",
            "instagram.",
            "linkedin.",
            "tiktok.",
            "twitter.",
            "x.com",
            "t.me",
            "github.",
        ),
    ),
)
