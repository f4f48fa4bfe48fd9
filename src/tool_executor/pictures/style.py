"""Colours and fonts of all pictures, whatever the reader's own matplotlibrc says.

The colours are those that Okabe and Ito chose for all kinds of colour vision (Color Universal Design, 2008).
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tool_executor.pictures.extra import mpl

if TYPE_CHECKING:
    from collections.abc import Iterator

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
VERMILLION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
INK: Final = "#222222"
GREY: Final = "#6B6B6B"
PALE_GREY: Final = "#B9B9B9"
SHADE: Final = "#EFEFEF"

_STYLE: Final[Any] = {  # matplotlib 3.11 types the keys, 3.10 does not
    "font.size": 10.5,
    "text.color": INK,
    "text.parse_math": False,  # a unit may hold dollar signs
    "axes.axisbelow": True,
    "axes.edgecolor": PALE_GREY,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "legend.columnspacing": 1.4,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
    "svg.hashsalt": "tool-executor",  # the same figures make the same file
}


@contextmanager
def own_style() -> Iterator[None]:
    """Draw and save in the style of this module. A letter that the font lacks is a box, and nothing to warn of."""
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield
