"""The one place that catches everything: what leaves a step carries no value of a publisher."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from polars.exceptions import PanicException

from infra.errors import GemelloError, TwinError


@contextmanager
def value_free(name: str) -> Iterator[None]:
    """Let our own errors pass, and replace any other by its kind and place alone.

    Polars, pyarrow, deltalake, duckdb and pydantic quote values in their messages, and Dagster
    stores every message and every chained exception.
    """
    try:
        yield
    except GemelloError as error:
        # What one of ours was made of may be a foreign error, and Dagster would store that, too.
        raise error from None
    except (dg.Failure, dg.RetryRequested):
        raise
    except GeneratorExit:
        raise
    except (Exception, PanicException) as error:  # noqa: BLE001 # the asset boundary
        raise TwinError(
            f"{name}: {type(error).__name__} at {_place(error)}; this is a bug"
        ) from None


def _place(error: BaseException) -> str:
    """The innermost line of our own code, as `quality/landing.py:120`."""
    place = "an unknown place"
    trace = error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename.replace("\\", "/")
        for package in ("orchestration", "assets", "quality", "infra"):
            if f"/{package}/" in path and "site-packages" not in path:
                place = f"{package}/{path.rpartition(f'/{package}/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
