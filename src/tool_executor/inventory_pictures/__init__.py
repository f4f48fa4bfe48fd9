"""Pictures of the inventory, drawn with matplotlib from what the tools answer. Needs the extra ``plot``."""

from __future__ import annotations

from tool_executor.inventory_pictures.facts import ProductFacts
from tool_executor.inventory_pictures.heading import sentences_of, title_of
from tool_executor.inventory_pictures.product_calls import LONGEST_HORIZON_DAYS, product_calls
from tool_executor.inventory_pictures.product_picture import draw_product
from tool_executor.pictures import extra  # noqa: F401 - first of all: it says what is missing
from tool_executor.pictures.errors import MatplotlibMissingError, PicturesError, UnknownFormatError
from tool_executor.pictures.picture_file import FORMATS, format_of, save_picture

__all__ = [
    "FORMATS",
    "LONGEST_HORIZON_DAYS",
    "MatplotlibMissingError",
    "PicturesError",
    "ProductFacts",
    "UnknownFormatError",
    "draw_product",
    "format_of",
    "product_calls",
    "save_picture",
    "sentences_of",
    "title_of",
]
