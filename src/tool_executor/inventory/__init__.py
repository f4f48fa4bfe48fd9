"""A sample distributor for the inventory tools, and how its data get into the tables."""

from __future__ import annotations

from tool_executor.inventory.loading import LoadReport, load_sample
from tool_executor.inventory.sample import DEFAULT_AS_OF, DEFAULT_SEED, SampleData, generate

__all__ = ["DEFAULT_AS_OF", "DEFAULT_SEED", "LoadReport", "SampleData", "generate", "load_sample"]
