"""What an estimate supposes: how much is asked for, how it goes, and how long things take.

A scenario is saved as TOML: ``calls = 2_000_000``, one line for each name that differs from its default.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tool_contract.errors import ErrorCode
from tool_contract.limits import MAX_CALLS, MAX_CONCURRENCY, MAX_FALLBACKS, MAX_RESULT_BYTES, MAX_RETRIES
from tool_contract.problems import problems_from
from tool_executor.errors import InvalidConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: The memory of the functions as `infra` deploys them, in MB; a group that is not named has the last.
MEMORY_OF_GROUP_MB: Final = {"inventory-optimizer": 1769, "browser": 1024}
DEFAULT_MEMORY_MB: Final = 512
PLANNER_MEMORY_MB: Final = 1024
FINISHER_MEMORY_MB: Final = 512
#: The group whose tools share a browser.
BROWSER_GROUP: Final = "browser"

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**12)]
Milliseconds = Annotated[float, Field(ge=0, le=900_000, allow_inf_nan=False)]
MemoryMb = Annotated[int, Field(ge=128, le=10_240)]


class Assumptions(BaseModel):
    """Every one has a default. Shares are of calls; times are means, in milliseconds; a month has 30 days.

    How long the functions take is supposed, not measured on AWS: your own numbers are in their logs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # What is asked for, of a month.
    calls: Count = 100_000
    calls_per_execution: Annotated[int, Field(ge=1, le=MAX_CALLS)] = 10
    concurrency: Annotated[int, Field(ge=1, le=MAX_CONCURRENCY)] = 10
    tools: Annotated[int, Field(ge=1, le=10_000)] = 3
    input_bytes: Annotated[int, Field(ge=0, le=MAX_RESULT_BYTES)] = 300

    # How it goes, of a month. Retries are a call's mean.
    retries: Annotated[float, Field(ge=0, le=MAX_RETRIES, allow_inf_nan=False)] = 0.05
    fallbacks: Annotated[float, Field(ge=0, le=MAX_FALLBACKS, allow_inf_nan=False)] = 0.01
    failures: Share = 0.01
    cache_hits: Share = 0
    keyed: Share = 0
    # Of the executions, those that the Express state machine runs: wait="sync".
    express: Share = 0
    wait_ms: Milliseconds = 1000
    browser_sessions: Count = 0

    # Of a month and of a request alike.
    tool_ms: Milliseconds = 500
    memory_mb: MemoryMb | None = None
    result_bytes: Annotated[int, Field(ge=0, le=MAX_RESULT_BYTES)] = 2_000
    tool_reads: Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)] = 0
    browser_seconds: Annotated[float, Field(ge=0, le=28_800, allow_inf_nan=False)] = 60
    browser_vcpus: Annotated[float, Field(ge=0, le=16, allow_inf_nan=False)] = 0.5
    browser_gb: Annotated[float, Field(ge=0.125, le=64, allow_inf_nan=False)] = 2

    # The stage: those of `prod`.
    history_days: Annotated[int, Field(ge=1, le=3_650)] = 90
    history_shards: Annotated[int, Field(ge=1, le=256)] = 4
    log_days: Annotated[int, Field(ge=1, le=3_650)] = 90
    tracing: bool = True
    workflow_logs: bool = False
    # Of what alarms look at; one that is a query is charged for each metric that it finds, here one a tool.
    alarmed_metrics: Annotated[int, Field(ge=0, le=5_000)] = 82
    dashboards: Annotated[int, Field(ge=0, le=500)] = 1
    catalog_tools: Annotated[int, Field(ge=0, le=10_000)] = 12

    # The functions' own time.
    planner_ms: Milliseconds = 60
    planner_ms_per_call: Milliseconds = 2
    finisher_ms: Milliseconds = 60
    finisher_ms_per_call: Milliseconds = 1
    sweep_ms: Milliseconds = 80
    runtime_ms: Milliseconds = 25
    cold_starts: Share = 0.01
    cold_start_ms: Milliseconds = 1500

    @classmethod
    def read(cls, file: Path | None, said: Mapping[str, Any]) -> Self:
        """Return what was said, else what the file says, else the defaults. Raises InvalidConfigurationError."""
        values = {} if file is None else _table(file)
        given = {name: value for name, value in said.items() if value is not None}
        try:
            return cls.model_validate({**values, **given})
        except ValidationError as error:
            raise _unusable(error, {**values, **given}, None if file is None else str(file)) from None

    def memory_of(self, group: str) -> int:
        """Return the memory of a tool group's function, in MB."""
        return self.memory_mb or MEMORY_OF_GROUP_MB.get(group, DEFAULT_MEMORY_MB)


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _complaint(f"There is no file {str(file)!r}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _complaint(f"The file {str(file)!r} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise _complaint(f"The file {str(file)!r} is no TOML: {error}.") from None


def _complaint(sentence: str) -> InvalidConfigurationError:
    return InvalidConfigurationError(
        [{"pointer": "", "message": sentence, "error_code": ErrorCode.INVALID_REQUEST.value}]
    )


def _unusable(error: ValidationError, values: Mapping[str, Any], file: str | None) -> InvalidConfigurationError:
    found = problems_from(error.errors(include_url=False), values, schema=Assumptions.model_json_schema())
    where = "" if file is None else f"{file}: "
    return InvalidConfigurationError(
        [{**problem.as_detail(), "message": f"{where}{problem.pointer} {problem.message}"} for problem in found]
    )
