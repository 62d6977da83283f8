from tests.asked_again import _asked_again_at_once

__all__ = ["_asked_again_at_once"]
