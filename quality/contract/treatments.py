"""What may be done to a column at the door, and how a contract says it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from quality.contract.problems import ProblemsError, closest, either, kind, mistake, quoted, unknown

_DURATION: Final = re.compile(r"[1-9][0-9]*(m|h|d|w|mo|y)")


class Strict(BaseModel):
    """What comes from a contract file: no unknown key, no change afterwards, no value in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _number(value: object) -> object:
    # pydantic would read true as 1 and the text "9" as 9: both are slips of the pen here.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise mistake(f"is {kind(value)}, not a number", "write a number, without quotes")
    return value


def _whole(value: object) -> object:
    if not isinstance(_number(value), int):
        raise mistake(f"{quoted(value)} is not a whole number", "write one without a point")
    return value


Number = Annotated[float, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_whole)]


class Truncate(Strict):
    """Cut an instant or a date down to the start of its `15m`, `1h`, `1d`, `1mo` or `1y`."""

    truncate: str

    @field_validator("truncate", mode="before")
    @classmethod
    def _is_duration(cls, text: object) -> object:
        if not isinstance(text, str) or not _DURATION.fullmatch(text):
            raise mistake(
                f"{quoted(text)} is not a duration", "write one such as 15m, 1h, 1d, 1w, 1mo or 1y"
            )
        return text


class RoundTo(Strict):
    """Round a number to the nearest multiple, in the unit of the stored column."""

    round_to: Number = Field(gt=0, allow_inf_nan=False)


class Bands(Strict):
    """Replace a number by its band: `[0, 18, 65]` gives `<0`, `0-17`, `18-64`, `65+`."""

    bands: tuple[Number, ...] = Field(min_length=1)

    @field_validator("bands")
    @classmethod
    def _ascend(cls, edges: tuple[float, ...]) -> tuple[float, ...]:
        if list(edges) != sorted(set(edges)):
            raise mistake(
                "the edges do not ascend", "write the lower edge of each band once, smallest first"
            )
        return edges


class H3(Strict):
    """Replace a latitude and a longitude by the H3 cell that holds them, at this resolution."""

    h3: Whole = Field(ge=0, le=15)


class CensusSection(Strict):
    """Replace a latitude and a longitude by the census section that holds them."""

    census_section: Literal["istat_2021", "istat_2011"]


Simple = Literal["keep", "pseudonymise", "redact"]
Generalisation = Truncate | RoundTo | Bands | H3 | CensusSection

SIMPLE: Final[tuple[str, ...]] = get_args(Simple)
GENERALISATIONS: Final[Mapping[str, type[Generalisation]]] = {
    "truncate": Truncate,
    "round_to": RoundTo,
    "bands": Bands,
    "h3": H3,
    "census_section": CensusSection,
}
_EXAMPLES: Final = {
    "truncate": "{truncate: 15m}",
    "round_to": "{round_to: 10}",
    "bands": "{bands: [0, 18, 65]}",
    "h3": "{h3: 9}",
    "census_section": "{census_section: istat_2021}",
}


def _picked(value: object) -> object:
    """The treatment a contract means, chosen by its word or its one key."""
    if isinstance(value, Generalisation):
        return value
    if isinstance(value, dict):
        return _generalisation(value)
    if not isinstance(value, str):
        raise mistake(f"is {kind(value)}", f"write {either([*SIMPLE, *_EXAMPLES.values()])}")
    if value in SIMPLE:
        return value
    if value in GENERALISATIONS:
        raise mistake(f"{quoted(value)} needs its argument", f"write {_EXAMPLES[value]}")
    raise mistake(*_unknown(value))


def _generalisation(value: Mapping[Any, object]) -> Generalisation:  # any YAML key
    if len(value) != 1:
        keys = " and ".join(map(str, value)) or "nothing"
        raise mistake(
            f"a column has one treatment, here stands {keys}", "write one key, as {truncate: 15m}"
        )
    ((name, _),) = value.items()
    if name in SIMPLE:
        raise mistake(f"{name} takes no argument", f"write treatment: {name}")
    if name not in GENERALISATIONS:
        raise mistake(*_unknown(name))
    try:
        return GENERALISATIONS[name].model_validate(value)
    except ValidationError as error:
        from quality.contract.explain import translated

        raise ProblemsError(*translated(error)) from None


def _unknown(name: object) -> tuple[str, str]:
    wrong, _ = unknown(name, [*SIMPLE, *GENERALISATIONS], what="a treatment")
    meant = closest(name, [*SIMPLE, *GENERALISATIONS])
    examples = [*SIMPLE, *_EXAMPLES.values()]
    return wrong, f"write {_EXAMPLES.get(meant, meant) if meant else either(examples)}"


Treatment = Annotated[Simple | Generalisation, BeforeValidator(_picked)]


def treatment_name(treatment: Simple | Generalisation) -> str:
    """The treatment as one word, with its argument: `keep`, `truncate 15m`, `bands 0,18,65`."""
    if isinstance(treatment, str):
        return treatment
    ((name, value),) = treatment.model_dump().items()
    text = ",".join(map(_plain, value)) if isinstance(value, tuple) else _plain(value)
    return f"{name} {text}"


def _plain(value: object) -> str:
    # 15 significant digits: `:g` would call 1234567 and 1234568 the same edge.
    return f"{value:.15g}" if isinstance(value, float) else f"{value}"
