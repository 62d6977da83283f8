"""How people write to their Comune: formal, hasty, angry, by telephone; with whom they mean.

Every text is made of pieces; those that are personal data carry what they are, so that the truth
knows where each stands. Nobody named here exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from infra.simulator.identifiers import plain_letters
from infra.simulator.people import Person


@dataclass(frozen=True)
class Span:
    """One piece of personal data in a text: where it stands, and what it is."""

    start: int
    end: int
    label: str
    text: str


@dataclass(frozen=True)
class Voice:
    """Who speaks, of whom, and with which car: what a text can be filled with."""

    writer: Person
    other: Person
    plate: str


# `{…}` is a slot: see `_slots`. Streets of the city and words of the matter are no personal data.
FORMAL: Final = (
    "Spett.le Comune di Brescia, il sottoscritto {NAME}, C.F. {CODE}, residente in {HOME}, segnala "
    "{matter} in {street}. Per ogni comunicazione: {PHONE} oppure {EMAIL}. Distinti saluti.",
    "Con la presente la sottoscritta {NAME} nata il {BORN} chiede un sopralluogo urgente in "
    "{street} per {matter}. Si allega documentazione fotografica. In fede, {NAME}",
    "Alla c.a. dell'Ufficio Tecnico: l'amministratore del condominio di {HOME}, {NAME} (tel. "
    "{PHONE}), sollecita la presa in carico di {matter}, già segnalato il mese scorso.",
)
PLAIN: Final = (
    "Buongiorno, volevo segnalare {matter} in {street}, davanti al numero 12. Grazie, {FIRST}",
    "Salve, in {street} c'è {matter} da due settimane. Il mio numero è {PHONE}, {NAME}.",
    "Chiedo gentilmente di intervenire per {matter}. Abito in {HOME}. Cordiali saluti {NAME}",
    "In {street} angolo con la piazza: {matter}. Se serve sono disponibile al {PHONE}.",
    "{matter} in {street}. È pericoloso per i bambini della scuola, fate qualcosa per favore.",
    "Segnalo {matter} vicino alla fermata di {street}. Nessuna urgenza ma meglio saperlo.",
)
HASTY: Final = (
    "cè {matter} in {street} sn 3 mesi ke chiamo!! rispondetemi a {email} o {PHONE_BARE}",
    "buongiorno xké nessuno viene in {street}?? {matter} ancora lì... {first} {surname} "
    "cell {PHONE_BARE}",
    "ancora {matter} {street}!!!! la macchina è sempre la stessa targa {PLATE_LOWER} fate qlc",
    "raga ma {matter} in {street} quando lo sistemate boh",
)
ANGRY: Final = (
    "VERGOGNA!!! {MATTER} IN {STREET} E IL SIGNOR {OTHER} DEL PIANO DI SOPRA CHE SE NE FREGA. "
    "LA SUA AUTO TARGATA {PLATE} È SEMPRE SUL MARCIAPIEDE!",
    "È la terza volta che scrivo. {matter} in {street} e il responsabile, tale {OTHER_NAME}, non "
    "risponde mai al {OTHER_PHONE}. Andrò dai giornali. {NAME}",
    "Il mio vicino {OTHER_NAME} di {OTHER_HOME} butta i rifiuti fuori dal cassonetto ogni sera: "
    "{matter}! Ho le foto con la targa {PLATE_SPACED}.",
)
BY_TELEPHONE: Final = (
    "Tel. ore 9.40 - sig.ra {SURNAME_NAME}, {PHONE}, lamenta {matter} {street}. Richiamare pom.",
    "CHIAMATA NR. 2: {SURNAME_NAME} nato {BORN} cf {CODE} rif. {matter}; abit. {HOME}",
    "Op. 14: utente anziana (sig.ra {SURNAME}) riferisce {matter} in {street}; non lascia recapito",
    "Inoltro da PM: veicolo {PLATE} intestato a {OTHER_NAME} in divieto, {street}; anche {matter}",
)
DIALECT: Final = (
    "Bundé, so' el {FIRST} de {street}: gh'è {matter} e nisü i vé. Ciamìm al {PHONE} che va "
    "spieghe.",
    "Scior sindaco, l'è mia pusìbil: {matter} en {street}! {NAME}, {HOME}",
)
REGISTERS: Final = {
    "formale": (FORMAL, 0.2),
    "semplice": (PLAIN, 0.34),
    "sbrigativo": (HASTY, 0.16),
    "arrabbiato": (ANGRY, 0.12),
    "operatore": (BY_TELEPHONE, 0.12),
    "dialetto": (DIALECT, 0.06),
}


def written(
    rng: np.random.Generator, voice: Voice, *, matter: str, street: str
) -> tuple[str, str, list[Span]]:
    """A register, a text in it, and the personal data in the text."""
    names = list(REGISTERS)
    register = names[int(rng.choice(len(names), p=[share for _, share in REGISTERS.values()]))]
    templates = REGISTERS[register][0]
    template = templates[int(rng.integers(len(templates)))]
    return (register, *filled(template, voice, matter=matter, street=street))


def filled(template: str, voice: Voice, *, matter: str, street: str) -> tuple[str, list[Span]]:
    """A template with its slots filled, and where personal data stand in it."""
    slots = _slots(voice, matter, street)
    text, spans = "", []
    for number, piece in enumerate(_pieces(template)):
        if number % 2 == 0:
            text += piece
            continue
        label, value = slots[piece]
        if not text or text.endswith((". ", "! ", "? ")):
            value = value[:1].upper() + value[1:]
        if label:
            spans.append(Span(len(text), len(text) + len(value), label, value))
        text += value
    return text, spans


def _pieces(template: str) -> Sequence[str]:
    """Text and names of slots in turn, text first."""
    pieces = []
    for part in template.split("{"):
        name, brace, rest = part.partition("}")
        pieces += [name, rest] if brace else [part]
    return pieces


def _slots(voice: Voice, matter: str, street: str) -> dict[str, tuple[str, str]]:
    writer, other, plate = voice.writer, voice.other, voice.plate
    letters, numbers = f"{plate[:2]}{plate[5:]}", plate[2:5]
    return {
        "matter": ("", matter),
        "MATTER": ("", matter.upper()),
        "street": ("", street),
        "STREET": ("", street.upper()),
        "NAME": ("PERSON", f"{writer.name} {writer.surname}"),
        "SURNAME_NAME": ("PERSON", f"{writer.surname} {writer.name}"),
        "SURNAME": ("PERSON", writer.surname),
        "FIRST": ("PERSON", writer.name),
        "first": ("PERSON", writer.name.lower()),
        "surname": ("PERSON", writer.surname.lower()),
        "OTHER": ("PERSON", other.surname.upper()),
        "OTHER_NAME": ("PERSON", f"{other.name} {other.surname}"),
        "CODE": ("IT_FISCAL_CODE", writer.fiscal_code),
        "HOME": ("ADDRESS", writer.address),
        "OTHER_HOME": ("ADDRESS", other.address),
        "PHONE": ("PHONE_NUMBER", writer.phone),
        "PHONE_BARE": ("PHONE_NUMBER", writer.phone.removeprefix("+39 ").replace(" ", "")),
        "OTHER_PHONE": ("PHONE_NUMBER", other.phone),
        "EMAIL": ("EMAIL_ADDRESS", writer.email),
        "email": ("EMAIL_ADDRESS", f"{plain_letters(writer.surname).lower()}@example.org"),
        "BORN": ("DATE_OF_BIRTH", f"{writer.born_on:%d/%m/%Y}"),
        "PLATE": ("IT_PLATE", plate),
        "PLATE_LOWER": ("IT_PLATE", plate.lower()),
        "PLATE_SPACED": ("IT_PLATE", f"{letters[:2]} {numbers} {letters[2:]}"),
    }
