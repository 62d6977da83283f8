"""Rules for what a device is known by and for where it is: addresses, serials, coordinates."""

from typing import Final

from quality.privacy.detection import checks, surroundings
from quality.privacy.detection.rule import END, Rule, rule

RULES: Final[tuple[Rule, ...]] = (
    rule(
        "IP_ADDRESS",
        r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w])(?!\.\d)",
        score=0,
        digits=4,
        needs=(".",),
        check=checks.ip,
        sure=0.95,
        accept=surroundings.is_no_version,
    ),
    rule(
        "IP_ADDRESS",
        # A colon may stand before it (`IP:2001:…`) and after it, if no group is on its other side.
        r"(?<![\w.])(?<!\b[0-9a-f]:)(?<!\b[0-9a-f]{2}:)(?<!\b[0-9a-f]{3}:)(?<!\b[0-9a-f]{4}:)"
        r"(?<!::)(?=[0-9a-f]|::)(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{6,39}"
        r"(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?:(?<=[0-9a-f])|(?<=::))(?!\w|:[0-9a-f:])",
        score=0,
        needs=(":",),
        check=lambda text: "::" in text or text.count(":") == 7,
        sure=0.9,
        accept=lambda folded, start, end: (
            checks.ip(folded.lower[start:end]) and checks.has_digit(folded.lower[start:end])
        ),
    ),
    rule(
        "MAC_ADDRESS",
        r"(?<![\w\-])(?<!\b[0-9a-f]{2}:)[0-9a-f]{2}([:\-][ ]?)(?:[0-9a-f]{2}\1){4}"
        r"[0-9a-f]{2}(?![\w])(?!\1[0-9a-f])|"
        r"(?<![\w.])(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}(?![\w])(?!\.[0-9a-f])",
        score=0.95,
        needs=(":", "-", "."),
        digits=3,
    ),
    rule(
        "MAC_ADDRESS",
        rf"\bmac(?:[ ]?address|"
        rf"[ ]addr)?[ ]?[:=]?[ ]?(?P<it>[0-9a-f]{{2}}(?:[ ]?[0-9a-f]{{2}}){{5}}){END}",
        score=0.9,
        needs=("mac",),
        digits=1,
    ),
    rule(
        "IMEI",
        rf"\bimei\b(?:[ ]?[12])?[^\d\n]{{0,20}}?(?P<it>\d(?:[ \-/]?\d){{13,15}}){END}",
        score=0.8,
        digits=14,
        needs=("imei",),
        check=checks.imei,
    ),
    rule(
        "DEVICE_TAG",
        rf"\b(?:rfid|tag|epc|uid|nfc|badge|transponder|telepass|microchip|chip|"
        r"id[ ]?dispositivo|device[ ]?id|imsi|iccid)\b(?:[ ](?:n\.?|nr|numero|del|della|di|id|è|"
        r"mastello|bidone|cassonetto|carrellato|rifiuti|cane|gatto|uid|rfid|contenitore))*"
        rf"[ ]?[:=\#\-]?[ ]?(?P<it>[0-9a-z](?:[0-9a-z:\-]|"
        rf"[ ](?=[0-9a-f]{{2,4}}\b)){{3,34}}[0-9a-z]){END}",
        score=0.7,
        digits=2,
        needs=(
            "rfid",
            "tag",
            "epc",
            "uid",
            "nfc",
            "badge",
            "transp",
            "telepass",
            "chip",
            "dispos",
            "device",
            "imsi",
            "iccid",
        ),
        accept=lambda folded, start, end: (
            len(checks.digits(folded.lower[start:end])) >= 3
            and checks.is_code("0000" + folded.lower[start:end])
        ),
    ),
    rule(
        "COORDINATES",
        r"(?<![\w.])[+\-]?\d{1,2}[.,]\d{4,}[°]?[ ]?[ns]?[ ]?[,;/ ][ ]?"
        r"(?:(?:e[ ])?(?:long?(?:itudine)?\.?|lng)[ ]?[:=]?[ ]?)?[+\-]?\d{1,3}[.,]\d{4,}"
        r"(?:[°]?[ ]?[eow]\b)?",
        score=0,
        digits=10,
        check=checks.latitude_longitude,
        sure=0.9,
    ),
    rule(
        "COORDINATES",
        r"\d{1,2}[ ]?°[ ]?\d{1,2}[ ]?['][ ]?(?:\d{1,2}(?:[.,]\d+)?[ ]?(?:\"|"
        r"''))?[ ]?[ns]?[ ,;/e\-]{0,3}"
        r"\d{1,3}[ ]?°[ ]?\d{1,2}[ ]?['][ ]?(?:\d{1,2}(?:[.,]\d+)?[ ]?(?:\"|''))?[ ]?[eow]?",
        score=0.9,
        digits=4,
        needs=("°",),
    ),
)
