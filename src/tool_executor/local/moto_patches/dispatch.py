"""moto's way from a request to its service."""

from __future__ import annotations

from moto import backends

from tool_executor.local.moto_patches.correction import Correction


def corrections() -> list[Correction]:
    """The corrections of this module."""
    modules = tuple(backends.list_of_moto_modules())
    return [
        Correction(
            backends,
            "list_of_moto_modules",
            lambda: modules,
            "it lists 180 folders on disk for every request, while all other requests wait",
        )
    ]
