"""The inhabitants: invented persons with names, codes, addresses and telephones."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from infra.simulator.identifiers import fiscal_code, plain_letters

# Surnames are put together from syllables: none of them is a word found elsewhere by chance.
_HEADS: Final = (
    "Bran", "Calv", "Dorb", "Fesc", "Galb", "Lamp", "Morv", "Nosc", "Pelz", "Quarz",
    "Rovn", "Sarb", "Torv", "Valm", "Zamb", "Zucch",
)  # fmt: skip
_MIDDLES: Final = (
    "addel", "agost", "ambir", "eddar", "ellog", "emmont", "igner", "illor", "inzat", "ondel",
    "orbin", "ostar", "uccol", "ugher", "umber",
)  # fmt: skip
_TAILS: Final = (
    "i",
    "a",
    "o",
    "ini",
    "oni",
    "azzi",
    "ò",
    "ù",
    "è",
    "otti",
    "esi",
    "à",
    "elli",
    "ì",
)
_FEMALE: Final = (
    "Giulia", "Chiara", "Francesca", "Elena", "Martina", "Zoë", "Lucia", "Beatrice", "Chloé",
    "Agnese", "Irene", "Noemi", "Fatima", "Olena", "Maria Pia", "Anna", "Desirée", "Marta",
)  # fmt: skip
_MALE: Final = (
    "Niccolò", "Marco", "Andrea", "Luca", "Davide", "José", "Matteo", "Pietro", "Faustino",
    "Giovita", "Amir", "Singh", "Gian Carlo", "Paolo", "Noè", "Ahmed", "Stefano", "Ruggero",
)  # fmt: skip
_STREETS: Final = (
    "Via delle Lanterne Spente", "Vicolo del Tornio Rosso", "Via Poggio Ventùra",
    "Piazzetta dell'Àncora", "Via dei Sette Mugnai", "Contrada Pozzobianco", "Via Prato Lungonì",
    "Traversa Quartadecima", "Via Cascina Morlèsa", "Via del Gelso Storto", "Viale Castelmirò",
    "Via Fontana Tranvài", "Via Bersagliè", "Salita dei Funari Nuovi",
)  # fmt: skip
# Cadastral codes: Brescia first, then other places and two countries of birth.
_BIRTHPLACES: Final = ("B157", "F205", "D284", "H501", "A794", "Z330", "Z138")
_BIRTHPLACE_SHARES: Final = (0.6, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05)


@dataclass(frozen=True)
class Person:
    """One inhabitant who does not exist."""

    surname: str
    name: str
    is_female: bool
    born_on: date
    fiscal_code: str
    address: str
    phone: str
    email: str

    @property
    def written(self) -> str:
        """Surname and name in capitals, as offices write them."""
        return f"{self.surname} {self.name}".upper()

    @property
    def traces(self) -> tuple[str, ...]:
        """Everything by which this person could be found again, in the forms that are delivered."""
        return (
            self.surname,
            f"{self.surname} {self.name}",
            self.written,
            self.fiscal_code,
            self.address,
            self.phone,
            self.phone.replace(" ", ""),
            self.email,
        )


def people(rng: np.random.Generator, count: int) -> list[Person]:
    """So many persons, each with a codice fiscale of their own."""
    found: dict[str, Person] = {}
    while len(found) < count:
        for person in _draw(rng, count - len(found)):
            found.setdefault(person.fiscal_code, person)
    return list(found.values())


def _draw(rng: np.random.Generator, count: int) -> list[Person]:
    heads = rng.integers(len(_HEADS), size=count)
    middles = rng.integers(len(_MIDDLES), size=count)
    tails = rng.integers(len(_TAILS), size=count)
    female = rng.random(count) < 0.51
    names = rng.integers(len(_FEMALE), size=count)
    ages = np.minimum(rng.gamma(3.2, 14.5, size=count), 100.0)
    places = rng.choice(len(_BIRTHPLACES), size=count, p=_BIRTHPLACE_SHARES)
    streets = rng.integers(len(_STREETS), size=count)
    numbers = rng.integers(1, 180, size=count)
    phones = rng.integers(1_000_000, 10_000_000, size=count)
    drawn = []
    for i in range(count):
        surname = _HEADS[heads[i]] + _MIDDLES[middles[i]] + _TAILS[tails[i]]
        name = (_FEMALE if female[i] else _MALE)[names[i]]
        born_on = date(2025, 1, 1) - timedelta(days=int(ages[i] * 365.25))
        code = fiscal_code(
            surname=surname,
            name=name,
            is_female=bool(female[i]),
            born_on=born_on,
            place=_BIRTHPLACES[places[i]],
        )
        mailbox = f"{plain_letters(name)}.{plain_letters(surname)}".lower()
        person = Person(
            surname=surname,
            name=name,
            is_female=bool(female[i]),
            born_on=born_on,
            fiscal_code=code,
            address=f"{_STREETS[streets[i]]}, {numbers[i]}",
            phone=f"+39 34{numbers[i] % 10} {phones[i]}",
            email=f"{mailbox}{born_on:%y%m%d}@example.org",
        )
        drawn.append(person)
    return drawn
