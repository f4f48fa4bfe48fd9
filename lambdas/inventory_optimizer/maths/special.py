"""The special functions of scipy without the layer around them: the module's functions stand in ``special``.

``import scipy.special`` first prepares its functions for other array libraries, which imports numpy's Fortran and test
tools: 0.2 s of each cold start, for nothing that is used here. The functions themselves come from one extension module,
which takes 7 ms. It is scipy's own, and private: where it is not found, the whole package is imported after all.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

__all__ = ["special"]

_PACKAGE: Final = "scipy.special"


def _functions() -> ModuleType:
    if _PACKAGE in sys.modules:
        return sys.modules[_PACKAGE]
    import scipy  # noqa: PLC0415 - for where it is

    # An empty stand-in for the package, so that its own __init__ does not run; a later import of it runs as ever.
    stand_in = ModuleType(_PACKAGE)
    stand_in.__path__ = [str(Path(scipy.__file__).parent / "special")]
    sys.modules[_PACKAGE] = stand_in
    try:
        return importlib.import_module(f"{_PACKAGE}._ufuncs")
    except ImportError:
        del sys.modules[_PACKAGE]
        return importlib.import_module(_PACKAGE)
    finally:
        if sys.modules.get(_PACKAGE) is stand_in:
            del sys.modules[_PACKAGE]


if TYPE_CHECKING:
    from scipy import special
else:
    special = _functions()
