"""The one moto that the corrections in `moto_patches` are true for."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from tool_executor.local.errors import LocalPackagesMissing, MotoVersionMismatch

MOTO_VERSION = "5.2.5"
"""The corrections replace moto's internals: they are true for this version and no other."""


def check_moto_version() -> None:
    """Refuse any other moto.

    Raises:
        LocalPackagesMissing: if there is none.
        MotoVersionMismatch: if it is another than the one that the corrections were written for.
    """
    try:
        installed = version("moto")
    except PackageNotFoundError as missing:
        raise LocalPackagesMissing(
            "The local cloud's packages are not installed.", hint="Install them: pip install 'tool-executor[local]'."
        ) from missing
    if installed != MOTO_VERSION:
        raise MotoVersionMismatch(
            f"The local cloud corrects moto {MOTO_VERSION}, but moto {installed} is installed.",
            hint=f"Install the pinned one: pip install 'moto=={MOTO_VERSION}'.",
        )
