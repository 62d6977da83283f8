"""What a kind of edit is: one pure function, what a planner writes for it, and what it reads."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import polars as pl
from pydantic import BaseModel, ConfigDict

from assets.scenarios import kinds
from infra.errors import TwinError

Frames = dict[str, pl.DataFrame]
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class EditProblem(Exception):
    """What an edit asks for cannot be: which of its fields, and what to write instead.

    Scenarios are written by our own planners: the message may show what they wrote.
    """

    def __init__(self, name: str, text: str) -> None:
        """A field of the edit, and what is wrong with it."""
        super().__init__(text)
        self.name = name


class Edit(BaseModel):
    """What every edit says: its kind. Other keys than those of its kind are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: str


@dataclass(frozen=True)
class Kind:
    """A kind of edit.

    `function` gets what the planner wrote and a frame of current rows for each of `reads`
    (parameter to table), and gives those frames that it edited, whole: what it gave no frame of
    stays as it is. It raises EditProblem where it cannot. Of tables that `within` names (by
    parameter) the function gets those rows alone for which that holds, and no other rows change by
    the edit; tables of former rows, too, are given whole. `after` are functions on computed tables
    (gold) for effects that their own functions do not hold: they get the edit, the rows computed
    and a frame for each of `asks`, and give the rows again. Tables of `untold` would be wrong with
    the edit, and are left out for the reason that stands there. `template` is an example as a
    planner would write it, `title` says in Italian what it does and `source` where its effects
    come from.
    """

    model: type[Edit]
    function: Callable[..., Frames]
    reads: Mapping[str, str]
    title: str
    template: str
    source: str
    after: Mapping[str, Callable[..., pl.DataFrame]] = field(default_factory=dict)
    asks: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    within: Callable[..., Mapping[str, pl.Expr]] = lambda _: MappingProxyType({})
    untold: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def name(self) -> str:
        """What a planner writes under `kind`."""
        return self.function.__name__


@cache
def find_kinds() -> dict[str, Kind]:
    """Every kind of edit by its name: a file in the folder is found by itself."""
    found: dict[str, Kind] = {}
    for info in pkgutil.iter_modules(kinds.__path__):
        module = importlib.import_module(f"{kinds.__name__}.{info.name}")
        kind = getattr(module, "kind", None)
        if not isinstance(kind, Kind):
            raise TwinError(f"{module.__name__} has no `kind = Kind(…)`; add it")
        found[kind.name] = kind
    return found


def edited(kind: Kind, edit: Edit, frames: Mapping[str, pl.DataFrame]) -> Frames:
    """The tables that an edit changes, as they are after it, by table."""
    given: dict[str, Any] = {name: frames[table] for name, table in kind.reads.items()}  # frames
    return {kind.reads[name]: frame for name, frame in kind.function(edit, **given).items()}
