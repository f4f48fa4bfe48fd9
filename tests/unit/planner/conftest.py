from __future__ import annotations

from tests.unit.runtime.conftest import aws, clock, execution_id

__all__ = ["aws", "clock", "execution_id"]
