from __future__ import annotations

from tests.unit.runtime.conftest import aws, execution_id

__all__ = ["aws", "execution_id"]
