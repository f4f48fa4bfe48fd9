from __future__ import annotations

from tests.unit.runtime.conftest import aws

__all__ = ["aws"]
