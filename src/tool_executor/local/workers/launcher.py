"""Runs inside a worker: makes the process look like Lambda's Python, then hands over to the runtime client.

It is started as a script with `-S` (no site-packages, no `.pth` files) and must import nothing of this project: an
editable install would otherwise put the checkout's own sources before the zip's.
argv: task root, handler, runtime (`awslambdaric` or a path to the pure-Python loop), site directories...
"""

from __future__ import annotations

import importlib.machinery
import runpy
import sys
from collections.abc import Sequence
from types import ModuleType

_PROJECT_PACKAGES = frozenset({"infra", "inventory_data", "lambdas", "tool_contract", "tool_executor"})


class ProjectPackagesFromZipOnly:
    """Finds this project's packages in the zip alone, wherever else a copy may be installed."""

    def __init__(self, task_root: str) -> None:
        self._task_root = task_root

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The import system's question for a top-level module."""
        if path is not None or name not in _PROJECT_PACKAGES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, [self._task_root], target)
        if spec is None:
            message = f"No module named {name!r}"
            raise ModuleNotFoundError(message, name=name)
        return spec


def main(task_root: str, handler: str, runtime: str, site_directories: list[str]) -> None:
    """Never returns while the worker lives."""
    standard_library = [entry for entry in sys.path if entry]
    sys.path[:] = [task_root, *standard_library, *site_directories]
    sys.meta_path.insert(0, ProjectPackagesFromZipOnly(task_root))
    if runtime == "awslambdaric":
        # The same as `python -m awslambdaric HANDLER`.
        sys.argv = ["awslambdaric", handler]
        runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
    else:
        sys.argv = [runtime, handler]
        runpy.run_path(runtime, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
