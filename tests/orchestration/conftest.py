from tests.asked_again import _asked_again_at_once
from tests.dagster_instances import _instances_begin_as_copies

__all__ = ["_asked_again_at_once", "_instances_begin_as_copies"]
