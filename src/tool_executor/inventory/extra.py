"""The one import of numpy in the client: whoever lacks it is told what to install."""

from __future__ import annotations

try:
    import numpy as np
except ModuleNotFoundError as error:
    message = "The sample distributor needs numpy. In a checkout: pip install '.[inventory]'"
    raise ImportError(message) from error

__all__ = ["np"]
