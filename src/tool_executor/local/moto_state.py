"""moto's backends are the process's: they are emptied when a local cloud ends, for the next to begin with nothing."""

from __future__ import annotations

import sys


def forget_everything() -> None:
    """Reset every backend that was used."""
    from moto.core.base_backend import BackendDict  # noqa: PLC0415 - moto is imported when a cloud starts

    backends = {
        id(value): value
        for name, module in list(sys.modules.items())
        if name.startswith("moto.") and module is not None
        for value in list(vars(module).values())
        if isinstance(value, BackendDict)
    }
    for backend in backends.values():
        # Not BackendDict.reset(): it forgets which backends there are, and the next reset would miss them.
        for account in list(backend.values()):
            account.reset()
