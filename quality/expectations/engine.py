"""Great Expectations itself: the only file that imports it.

It quotes values wherever it can. So it runs in memory, without analytics, progress bars or logs,
answers with counts and row positions only, and its own error texts end here.
"""

import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

_COUNTS_ONLY: Final = {
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
    "partial_unexpected_count": 0,
    "return_unexpected_index_query": False,
}
_POSITIONS: Final = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": [],
    **_COUNTS_ONLY,
}
_VERDICT: Final = {"result_format": "BASIC", **_COUNTS_ONLY}


class UnacceptableError(ValueError):
    """Arguments that an expectation does not accept; `problems` says which, value by value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class NotComputableError(Exception):
    """Great Expectations raised instead of answering the question at this `position`."""

    def __init__(self, position: int) -> None:
        super().__init__(f"question {position}")
        self.position = position


@dataclass(frozen=True)
class Answer:
    """What Great Expectations said of an expectation. `failing` are labels of the frame's index."""

    success: bool
    rows_count: int | None
    missing_count: int
    unexpected_count: int | None
    failing: tuple[int, ...]


def known_expectations() -> list[str]:
    """Name all expectations of Great Expectations core, and those a city registered."""
    _context()
    from great_expectations.expectations import registry

    return sorted(registry.list_registered_expectation_implementations())


def argument_names(name: str) -> list[str]:
    """Every argument an expectation knows."""
    return sorted(_implementation(name).__fields__)


def build(name: str, arguments: dict[str, Any]) -> Any:  # GX takes and makes objects of many types
    """Great Expectations' own object. Raises UnacceptableError for an argument it refuses."""
    implementation = _implementation(name)
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.exceptions import GreatExpectationsError

    try:
        with warnings.catch_warnings():
            # It says that row conditions as text will go in GX 2; a contract has no other way.
            warnings.simplefilter("ignore", DeprecationWarning)
            return implementation(**arguments)
    except ValidationError as error:
        raise UnacceptableError(
            [
                ".".join(str(part) for part in detail["loc"]) + f": {detail['msg']}"
                for detail in error.errors()
            ]
        ) from None
    except (GreatExpectationsError, TypeError, ValueError):
        raise UnacceptableError(["the arguments do not go together"]) from None


def judges_rows(built: Any) -> bool:  # a GX object
    """Whether the expectation asks a yes/no question about each row."""
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )

    rows = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)
    return isinstance(built, rows)


def is_core(built: Any) -> bool:  # a GX object
    """Whether the expectation is one of Great Expectations' own, not one that a city registered."""
    return type(built).__module__.startswith("great_expectations.")


def can_judge_frames(built: Any) -> bool:  # a GX object
    """Whether Great Expectations computes this on frames too: some are for databases only."""
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.expectations import registry

    metric = getattr(built, "map_metric", None)
    if metric is None:
        return True
    try:
        registry.get_metric_provider(f"{metric}.condition", PandasExecutionEngine())
    except GreatExpectationsError:
        return False
    return True


def ask(frame: "pd.DataFrame", questions: Sequence[Any], *, rows: bool) -> list[Answer]:
    """Judge a pandas frame; one answer per question, in their order, with positions if `rows`.

    Raises NotComputableError where an expectation cannot be computed on these columns.
    """
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.validator.validator import Validator

    # Not through a data source: that hashes every cell of the frame, and keeps the frame.
    validator = Validator(
        execution_engine=PandasExecutionEngine(batch_data_dict={"delivery": frame}),
        data_context=_context(),
    )
    asked = [
        question.copy(update={"meta": {"position": position}}).configuration
        for position, question in enumerate(questions)
    ]
    try:
        results = validator.graph_validate(
            configurations=asked,
            runtime_configuration={"result_format": dict(_POSITIONS if rows else _VERDICT)},
        )
    except (GreatExpectationsError, ArithmeticError, LookupError, TypeError, ValueError):
        # Which of the questions could not be put is known only by asking them one by one.
        position = 0 if len(questions) == 1 else _unanswerable(frame, questions, rows=rows)
        raise NotComputableError(position) from None
    answers: dict[int, Answer] = {}
    for result in results:
        position = int(result.expectation_config.meta["position"])
        if _has_raised(result.exception_info):
            raise NotComputableError(position)
        answers[position] = _answer(result)
    return [answers[position] for position in range(len(questions))]


def _unanswerable(frame: "pd.DataFrame", questions: Sequence[Any], *, rows: bool) -> int:
    for position, question in enumerate(questions):
        try:
            ask(frame, [question], rows=rows)
        except NotComputableError:
            return position
    return 0


def _has_raised(exception_info: dict[str, Any]) -> bool:  # flat, or one entry per metric
    details = [exception_info, *exception_info.values()]
    return any(isinstance(detail, dict) and detail.get("raised_exception") for detail in details)


def _answer(result: Any) -> Answer:  # a GX result
    found = result.result
    return Answer(
        success=bool(result.success),
        rows_count=found.get("element_count"),
        missing_count=found.get("missing_count") or 0,
        unexpected_count=found.get("unexpected_count"),
        failing=tuple(found.get("unexpected_index_list") or ()),
    )


def _implementation(name: str) -> Any:  # a GX class
    _context()
    from great_expectations.expectations.registry import get_expectation_impl

    return get_expectation_impl(name)


@cache
def _context() -> Any:  # a GX context
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    shows_warnings_itself = warnings.showwarning
    import great_expectations
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    # On import it sends all Python warnings of the process to its log.
    if warnings.showwarning is not shows_warnings_itself:
        logging.captureWarnings(False)
    # It logs tracebacks, and tracebacks of pandas quote values.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)
    config = DataContextConfig(
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        # Everything in memory: no folder for pages about the data either.
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
    )
    return great_expectations.get_context(mode="ephemeral", project_config=config)
