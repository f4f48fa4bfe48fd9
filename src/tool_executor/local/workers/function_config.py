"""What a deployed function looks like to the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FunctionConfig:
    """A function's deployed configuration. Two equal ones can share warm workers."""

    name: str
    arn: str
    handler: str
    runtime: str
    version: str
    region: str
    memory_mb: int
    """Told to the function only. No limit is enforced: RLIMIT_AS counts address space, of which numpy's threads and a
    browser reserve many times what they use, so it would kill functions that fit on Lambda."""
    timeout_seconds: float
    environment: Mapping[str, str]
    code_sha256: str
    reserved_concurrency: int | None = None
