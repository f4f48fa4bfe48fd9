"""The files in a folder: which of them are there, and which look as if they were meant to be."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from tool_contract.problems import shortened
from tool_executor.inventory_files.csv_rows import GZIP
from tool_executor.inventory_files.errors import FolderUnreadableError
from tool_executor.inventory_files.formats import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from tool_executor.inventory_files.complaints import Complaints

_ALIKE: Final = 0.75


def find_files(folder: Path, complaints: Complaints) -> tuple[dict[str, Path], list[str]]:
    """Return the files by their formats' names, and the names of other CSV files that are there.

    Complains of what is missing, and of what is there twice or under a name that is nearly right. Raises
    FolderUnreadableError.
    """
    if not folder.is_dir():
        message = f"There is no folder {str(folder)!r}."
        raise FolderUnreadableError(message, hint="It holds items.csv, stock.csv, history.csv, and orders.csv if any.")
    try:
        there = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise FolderUnreadableError(f"The folder {str(folder)!r} cannot be read: {error.strerror}.") from None
    others = [name for name in there if name.lower().removesuffix(GZIP).endswith(".csv") and not _is_known(name)]
    found: dict[str, Path] = {}
    for file_format in FORMATS:
        names = [name for name in (file_format.name, file_format.name + GZIP) if name in there]
        if len(names) > 1:
            complaints.add(file_format.name, f"There are both {' and '.join(names)}.", hint="Remove one of them.")
        elif names and (folder / names[0]).is_file():
            found[file_format.name] = folder / names[0]
        elif names:
            complaints.add(names[0], "It is no file.")
        else:
            _complain_if_missing(file_format.name, others, complaints, optional=file_format.optional)
    return found, others


def _complain_if_missing(name: str, others: list[str], complaints: Complaints, *, optional: bool) -> None:
    """An optional file is not missing, unless its name was mistyped."""
    plain = {other.lower().removesuffix(GZIP): other for other in others}
    near = difflib.get_close_matches(name, plain, n=1, cutoff=_ALIKE)
    hint = f"Is it {shortened(plain[near[0]])!r}? Then rename it." if near else None
    if near or not optional:
        complaints.add(name, f"There is no file {name}.", hint=hint)


def _is_known(name: str) -> bool:
    return name.removesuffix(GZIP) in {file_format.name for file_format in FORMATS}
