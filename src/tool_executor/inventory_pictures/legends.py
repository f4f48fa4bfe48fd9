"""Legends, which stand above their panels: there they hide nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from matplotlib import rcParams

from tool_executor.inventory_pictures.text_width import inches_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.container import Container

#: What has a label.
Labelled: TypeAlias = "Artist | Container"

#: What a column takes besides its text, and what is between two columns.
_SIGN_INCHES: Final = 0.4
_GAP_INCHES: Final = 0.21


def put_legend(axes: Axes, labelled: Sequence[Labelled], inches: float) -> None:
    """Explain what has a label, in that order and as many columns as fit into the width."""
    if labelled:
        axes.legend(
            handles=list(labelled),
            loc="lower left",
            bbox_to_anchor=(0, 1),
            borderpad=0,
            borderaxespad=0.35,
            ncols=_columns([str(one.get_label()) for one in labelled], inches),
        )


def _columns(labels: Sequence[str], inches: float) -> int:
    widths = [inches_of(label, rcParams["legend.fontsize"]) + _SIGN_INCHES for label in labels]
    return next((number for number in range(len(labels), 1, -1) if _width(widths, number) <= inches), 1)


def _width(widths: Sequence[float], columns: int) -> float:
    """Return how wide a legend of so many columns is, each of which is filled from above."""
    rows, longer = divmod(len(widths), columns)
    total, start = _GAP_INCHES * (columns - 1), 0
    for column in range(columns):
        end = start + rows + (column < longer)
        total += max(widths[start:end])
        start = end
    return total
