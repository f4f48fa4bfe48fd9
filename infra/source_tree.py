"""Which of the project's files belong in a function's zip, and where."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CATALOG: Final = "tool_contract/catalog.json"
_SHARED: Final = ("src/tool_contract", "lambdas/runtime")
_LEFT_OUT: Final = {"__pycache__", "tests"}


def function_files(root: Path, *folders: str) -> dict[str, bytes]:
    """Read what the zip holds of the project, by the path there: the shared code and `folders`.

    `src/` is dropped from the paths, and each package above a folder brings its `__init__.py`. The catalog is left
    out: it is generated for the deployment.
    """
    files: dict[str, bytes] = {}
    for folder in (*_SHARED, *folders):
        for path in (*_parents_init(root, folder), *_files(root / folder)):
            files[path.relative_to(root).as_posix().removeprefix("src/")] = path.read_bytes()
    files.pop(CATALOG, None)
    return dict(sorted(files.items()))


def digest(files: Mapping[str, bytes], *also: str) -> str:
    """Return the SHA-256 over the files' paths and contents and `also`: equal when nothing has changed."""
    total = hashlib.sha256()
    for name, content in sorted(files.items()):
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    for text in also:
        total.update(f"\0{text}".encode())
    return total.hexdigest()


def _parents_init(root: Path, folder: str) -> Iterator[Path]:
    for parent in Path(folder).parents:
        init = root / parent / "__init__.py"
        if parent != Path() and init.is_file():
            yield init


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in _LEFT_OUT or path.name.startswith(".") or path.suffix == ".pyc":
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path
