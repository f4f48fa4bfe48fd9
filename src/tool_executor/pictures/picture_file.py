"""A picture as a file: which format it has, and how it is written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from tool_executor.pictures.errors import UnknownFormatError
from tool_executor.pictures.style import own_style

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

#: The formats, and what is not to be written into them: the same figures make the same file.
FORMATS: Final[dict[str, dict[str, Any]]] = {"png": {"Software": None}, "svg": {"Date": None}}


def format_of(path: Path) -> str:
    """Return the format that a file's name tells, a key of :data:`FORMATS`. Raises UnknownFormatError."""
    name = path.suffix.lower().removeprefix(".")
    if name in FORMATS:
        return name
    known = " or ".join(f".{one}" for one in FORMATS)
    raise UnknownFormatError(
        f"{path.name!r} tells no format of a picture.", hint=f"Let the file's name end in {known}."
    )


def save_picture(figure: Figure, path: Path) -> None:
    """Write a picture, over a file of that name if there is one; never half of it.

    Raises UnknownFormatError, OSError.
    """
    kind = format_of(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with own_style():
            figure.savefig(partial, format=kind, metadata=FORMATS[kind])
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
