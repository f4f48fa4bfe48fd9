"""The versions that the corrections in `moto_patches` are true for: they replace internals."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from tool_executor.local.errors import LocalPackagesMissing, MotoVersionMismatch

PINNED: Final = {"moto": "5.2.5", "jsonata-python": "0.7.1"}
HINT: Final = (
    f"Install the pinned ones: pip install {' '.join(f'{name}=={number}' for name, number in PINNED.items())}."
)


def check_moto_version() -> None:
    """Refuse any other version.

    Raises:
        LocalPackagesMissing: if one is not installed.
        MotoVersionMismatch: if another is installed than the one that the corrections were written for.
    """
    for package, wanted in PINNED.items():
        try:
            installed = version(package)
        except PackageNotFoundError as missing:
            raise LocalPackagesMissing(
                "The local cloud's packages are not installed.",
                hint="Install them, in a checkout: pip install '.[local]'.",
            ) from missing
        if installed != wanted:
            raise MotoVersionMismatch(
                f"The local cloud corrects {package} {wanted}, but {package} {installed} is installed.", hint=HINT
            )
