"""The options of ``tool-executor cost`` that say what it supposes. Each wins over the same name in ``--assume``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

# Of a month.
Calls = Annotated[int | None, typer.Option("--calls", help="With --month: calls a month (100,000).")]
CallsPerExecution = Annotated[
    int | None, typer.Option("--calls-per-execution", help="With --month: calls of an execution (10).")
]
Tools = Annotated[
    int | None, typer.Option("--tools", help="With --month: tools that are used; each has its metrics (3).")
]
Retries = Annotated[
    float | None, typer.Option("--retries", help="With --month: a call's mean number of retries (0.05).")
]
Fallbacks = Annotated[
    float | None, typer.Option("--fallbacks", help="With --month: a call's mean number of fallbacks (0.01).")
]
Failures = Annotated[
    float | None, typer.Option("--failures", help="With --month: the share of calls that fail for good (0.01).")
]
CacheHits = Annotated[
    float | None, typer.Option("--cache-hits", help="With --month: the share of calls that a kept result answers (0).")
]
InputBytes = Annotated[int | None, typer.Option("--input-bytes", help="With --month: bytes of a call's input (300).")]
Express = Annotated[
    float | None, typer.Option("--express", help="With --month: the share of executions run with --wait sync (0).")
]
BrowserSessions = Annotated[
    int | None, typer.Option("--browser-sessions", help="With --month: browsers that are opened (0).")
]
# Of a request and a month.
ToolMs = Annotated[float | None, typer.Option("--tool-ms", help="How long an attempt runs, in ms (500).")]
MemoryMb = Annotated[
    int | None, typer.Option("--memory-mb", help="The memory of the tools' functions (as deployed; --month: 1769).")
]
ResultBytes = Annotated[int | None, typer.Option("--result-bytes", help="Bytes of a call's result (2,000).")]
BrowserSeconds = Annotated[float | None, typer.Option("--browser-seconds", help="How long a browser is open (60).")]
Assume = Annotated[
    Path | None, typer.Option("--assume", metavar="FILE.toml", help="A saved scenario: whatever can be supposed.")
]
