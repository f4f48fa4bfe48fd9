"""moto's backends are the process's: they are emptied when a local cloud ends, for the next to begin with nothing."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any


def stop_executions() -> None:
    """Stop every execution that still runs."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends  # noqa: PLC0415 - as below

    from tool_executor.local.map_runs.registry import MAP_RUNS  # noqa: PLC0415 - as below

    now = dt.datetime.now(tz=dt.UTC)
    for account in list(stepfunctions_parser_backends.values()):
        for backend in list(account.values()):
            executions: list[Any] = [one for machine in backend.state_machines for one in machine.executions]
            executions += MAP_RUNS.forget()
            for execution in executions:
                if execution.stop_date is None and execution.exec_worker and execution.exec_worker.env:
                    execution.stop(stop_date=now, error=None, cause="The local cloud has ended")


def forget_everything() -> None:
    """Reset every backend that was used."""
    from moto.core.base_backend import BackendDict  # noqa: PLC0415 - moto is imported when a cloud starts

    backends = {
        id(value): value
        for name, module in list(sys.modules.items())
        if name.startswith("moto.") and module is not None
        for value in list(vars(module).values())
        if isinstance(value, BackendDict)
    }
    for backend in backends.values():
        # Not BackendDict.reset(): it forgets which backends there are, and the next reset would miss them.
        for account in list(backend.values()):
            account.reset()
