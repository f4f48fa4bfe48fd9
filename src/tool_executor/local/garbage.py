"""How often Python looks for garbage while a local cloud runs in the process."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: moto keeps what it is told, and each request makes hundreds of objects that end with it: at Python's own thresholds
#: a third of a call's time went into looking at what lives, and the more of it there was, the longer.
_THRESHOLDS: Final = (20_000, 50, 100)


def look_seldom() -> Callable[[], None]:
    """Look for garbage less often, and leave what lives already alone; return what takes it back."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)

    def take_back() -> None:
        gc.set_threshold(*before)
        gc.unfreeze()

    return take_back
