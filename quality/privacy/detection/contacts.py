"""Rules for ways to reach a person: telephones, mailboxes, accounts.

And for what only its cue makes personal, as the date of a birth.
"""

import re
from typing import Final

from quality.privacy.detection import checks, mailboxes, surroundings
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.rule import END, Rule, rule

_SEP: Final = r"[ .\-/]{0,3}"
_ITALY: Final = r"(?:(?:\+|00)[ .\-/]?39|\((?:\+|00)39\))"
_NUMBER_WORD: Final = r"(?:zero|uno|due|tre|quattro|cinque|sei|sette|otto|nove)"
_MONTH: Final = (
    r"(?:gen(?:naio|\.)?|feb(?:braio|br?\.?)?|mar(?:zo|\.)?|apr(?:ile|\.)?|mag(?:gio|\.)?|"
    r"giu(?:gno|\.)?|lug(?:lio|\.)?|ago(?:sto|\.)?|set(?:tembre|t?\.)?|ott(?:obre|\.)?|"
    r"nov(?:embre|\.)?|dic(?:embre|\.)?)"
)
_DATE: Final = (
    rf"(?:\d{{1,2}}[ ]?[./\-][ ]?\d{{1,2}}[ ]?[./\-][ ]?\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}}|"
    rf"\d{{1,2}}(?:°|º)?[ ](?:di[ ])?{_MONTH}(?:[ ](?:del[ ])?['’]?\d{{2,4}})?|"
    rf"{_MONTH}[ ](?:del[ ])?\d{{4}})"
)
_AT: Final = r"(?:@|\(at\)|\[at\]|\{at\}|<at>|\(?chiocciola\)?|\[chiocciola\]|\(a\)|_at_|[ ]at[ ])"
_DOT: Final = r"(?:[ ]?(?:\(dot\)|\[dot\]|\(punto\)|\[punto\]|\bpunto\b|\bdot\b)[ ]?|[ ]?\.[ ]?)"
_TOP: Final = (
    r"(?:it|com|net|org|eu|info|gov|edu|biz|ch|de|fr|uk|es|ro|al|pl|me|io|tv|name|us|in|cloud)\b"
)
_LOCAL: Final = (
    r"[^\W_][\w+'\-]*(?:(?:\.|[ ]punto[ ]|[ ]?\(punto\)[ ]?|[ ]?\[dot\][ ]?|[ ]trattino[ ]|"
    r"[ ]underscore[ ])[\w+'\-]+)*"
)


_OF_A_YEAR: Final = re.compile(r"/(?:19|20)\d\d$")
_DAY: Final = re.compile(r"[0-3]?\d[ ./-]{1,3}[01]?\d[ ./-]{1,3}(?:19|20)?\d\d")


def _is_a_phone(folded: Folded, start: int, end: int) -> bool:
    """No date, no amount, no file number, no pair of coordinates."""
    after = folded.lower[end : end + 8].lstrip(" ")
    if after.startswith(("/20", "€", "euro", "kwh", "mc", "%")):
        return False
    written = folded.lower[start:end]
    if _OF_A_YEAR.search(written) or _DAY.fullmatch(written):
        return False
    return surroundings.is_no_other_number(folded, start, end)


RULES: Final[tuple[Rule, ...]] = (
    rule(
        "PHONE_NUMBER",
        rf"(?<![^\W_])(?<!\d[.,])(?:{_ITALY}{_SEP})?(?:3(?:[ ]?\d){{2}}|\(3\d{{2}}\)){_SEP}"
        rf"\d(?:{_SEP}\d){{5,6}}(?![^\W_])(?![.,]\d)",
        score=0,
        digits=9,
        check=checks.phone,
        sure=0.85,
        accept=_is_a_phone,
        policy=surroundings.is_somebodys_phone,
    ),
    rule(
        "PHONE_NUMBER",
        rf"(?<![^\W_])(?<!\d[.,/])(?:{_ITALY}{_SEP})?(?:0[1-9]\d{{0,2}}|\(0[1-9]\d{{0,2}}\))"
        r"[ .\-/]{0,3}"
        rf"\d(?:{_SEP}\d){{4,7}}(?![^\W_])(?![.,]\d)",
        score=0,
        digits=6,
        check=checks.phone,
        sure=0.75,
        accept=_is_a_phone,
        policy=surroundings.is_somebodys_phone,
    ),
    rule(
        "PHONE_NUMBER",
        r"(?<![^\W_])(?:(?:\+|00)[ ]?[1-9]\d{0,2}|\(\+[1-9]\d{0,2}\))"
        r"(?:[ .\-/()]{0,2}\d){6,12}(?![^\W_])",
        score=0,
        digits=8,
        check=checks.phone,
        sure=0.8,
        accept=_is_a_phone,
        policy=surroundings.is_somebodys_phone,
    ),
    rule(
        "PHONE_NUMBER",
        r"\b(?:tel|telefono|cell|cellulare|cel|recapito|whatsapp|wa|fisso|casa|chiama(?:mi|temi|"
        r"re)?|"
        r"numero|tfn|tlf|phone|mob|mobile)\b[.]?(?:[ ](?:il|al|allo|n\.?|numero|mio|è|di|casa|"
        r"fisso)\b)*"
        r"[ ]?[:.\-]?[ ]?(?P<it>(?:\+|00)?\(?\d(?:[ .\-/()]{0,2}\d){5,13})(?![^\W_])",
        score=0,
        digits=6,
        needs=(
            "tel",
            "cel",
            "recap",
            "whats",
            "wa",
            "fisso",
            "casa",
            "chiam",
            "num",
            "tf",
            "tl",
            "ph",
            "mob",
        ),
        check=checks.phone,
        sure=0.8,
        accept=surroundings.is_no_other_number,
        policy=surroundings.is_somebodys_phone,
    ),
    rule(
        "PHONE_NUMBER",
        rf"\b(?:{_NUMBER_WORD}[ ,.\-]{{1,3}}){{6,14}}{_NUMBER_WORD}\b",
        score=0,
        needs=("zero", "tre", "due"),
        check=checks.number_words,
        sure=0.8,
    ),
    rule(
        "EMAIL_ADDRESS",
        rf"(?<![\w.+\-]){_LOCAL}(?:[ ]?{_AT}[ ]?)(?:[\w\-]+{_DOT}){{1,4}}{_TOP}",
        score=0.95,
        needs=("@", "chiocciola", " at ", "(at", "[at", "{at", "<at", "_at_", "(a)"),
        policy=mailboxes.is_somebodys,
    ),
    rule(
        "EMAIL_ADDRESS",
        r"(?<![\w.+\-])[\w.+'\-]*[\w+]@[\w\-]+(?:\.[\w\-]+)+",
        score=0.95,
        needs=("@",),
        policy=mailboxes.is_somebodys,
    ),
    rule(
        "EMAIL_ADDRESS",
        r"(?<![^\W_])(?:[\w.\-][ ]){3,64}@(?:[ ][\w.\-]){4,64}(?![^\W_])",
        score=0.9,
        needs=("@",),
    ),
    rule(
        "USERNAME",
        r"(?<![\w.@/])@(?P<it>[a-z0-9_](?:[a-z0-9_.]*[a-z0-9_])?)(?![\w@])",
        score=0.7,
        needs=("@",),
        policy=mailboxes.is_no_office_handle,
    ),
    rule(
        "USERNAME",
        r"\b(?:username|user[ ]?name|user[ ]?id|user|nome[ ]utente|nickname|nick|login|account|"
        r"utente[ ]spid|spid|skype|telegram|instagram|insta|ig|facebook|fb|tiktok|discord|"
        r"twitter)\b"
        r"(?:[ ](?:id|utente|è|di|come|del|mio|:))*[ ]?[:=\"]?[ ]?[\"']?"
        r"(?P<it>(?=[a-z0-9_.\-]*[0-9_])[a-z][a-z0-9_.\-]{2,29}(?<![.\-])|"
        r"(?<=:[ ])[a-z][a-z0-9_.\-]{2,29}(?<![.\-]))",
        score=0.7,
        needs=(
            "user",
            "utente",
            "nick",
            "login",
            "account",
            "spid",
            "skype",
            "telegram",
            "insta",
            "ig",
            "facebook",
            "fb",
            "tiktok",
            "discord",
            "twitter",
        ),
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
    rule(
        "DATE_OF_BIRTH",
        rf"(?:\bnat[oaie]\b|\bnascita\b|\bd\.?[ ]?n\.?\b|\bdob\b|\bborn\b|\bnasc\.|\bcompleanno\b|"
        rf"\bnasceva\b|\bcompie\b[^.\n]{{0,20}}\bil\b|"
        rf"\bn\.[ ]il\b)[^\n;]{{0,60}}?(?<!\d)(?P<it>{_DATE})(?!\d)",
        score=0.9,
        digits=1,
        needs=("nat", "nasc", "d.n", "dn", "d. n", "dob", "born", "comple", "compie", "n. il"),
    ),
    rule(
        "DATE_OF_BIRTH",
        r"\b(?:classe|nat[oaie][ ](?:nel|a[ ][a-zà-ù]+[ ]nel)|anno[ ]di[ ]nascita[ ]?:?|"
        r"cl\.)[ ]?['’]?"
        rf"(?P<it>(?:19|20)?\d{{2}}){END}",
        score=0.8,
        digits=2,
        needs=("classe", "nat", "nascita", "cl."),
    ),
)
