"""The environment of the simulated functions, to be imported before any of their code.

Logs and metric lines are not written: what they cost is measured elsewhere (`make bench`).
"""

from __future__ import annotations

import os

os.environ |= {
    "HISTORY_TABLE": "history",
    "TOOL_STATE_TABLE": "tool-state",
    "ARTIFACT_BUCKET": "artifacts",
    "STAGE": "simulation",
    "HISTORY_TTL_DAYS": "90",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_TRACE_DISABLED": "true",
}
