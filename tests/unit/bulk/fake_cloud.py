"""What bulks need of AWS, in memory: a bucket, a bulk machine, records; and a clock."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.unit.bulk.bulk_lines import catalog, echo
from tool_executor.bulk.bulks import Bulks
from tool_executor.bulk.settings import BulkSettings
from tool_executor.bulk.source import Line
from tool_executor.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tool_executor.bulk.preparation import PreparedRun

_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:bulk"


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


@dataclass
class FakeBucket:
    """S3 with conditional writes. ``on_upload`` is called before a file is stored."""

    objects: dict[str, bytes] = field(default_factory=dict)
    on_upload: Callable[[str], None] = lambda _key: None

    def put_object(self, *, Key: str, Body: bytes, IfNoneMatch: str = "", **_: Any) -> None:  # noqa: N803 - S3's
        if IfNoneMatch == "*" and Key in self.objects:
            raise _error("PreconditionFailed")
        self.objects[Key] = Body

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - S3's
        if Key not in self.objects:
            raise _error("NoSuchKey")
        return {"Body": FakeBody(self.objects[Key])}

    def upload_file(self, file: str, _bucket: str, key: str, **_: Any) -> None:
        self.on_upload(key)
        self.objects[key] = Path(file).read_bytes()


class FakeBody(io.BytesIO):
    """botocore's stream."""

    def iter_lines(self, **_: Any) -> Iterator[bytes]:
        return iter(self.getvalue().splitlines())


@dataclass
class FakeStepFunctions:
    """Executions by their names. ``stopped_as`` is what one is after it was stopped."""

    executions: dict[str, dict[str, Any]] = field(default_factory=dict)
    map_run: dict[str, Any] = field(default_factory=dict)
    stopped_as: str = "ABORTED"

    def start_execution(self, *, name: str, **_: Any) -> None:
        self.executions[name] = {"status": "RUNNING"}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 - Step Functions'
        name = executionArn.rsplit(":", 1)[1]
        if name not in self.executions:
            raise _error("ExecutionDoesNotExist")
        return self.executions[name]

    def stop_execution(self, *, executionArn: str, **_: Any) -> None:  # noqa: N803 - Step Functions'
        self.executions[executionArn.rsplit(":", 1)[1]] = {"status": self.stopped_as}

    def list_map_runs(self, **_: Any) -> dict[str, Any]:
        return {"mapRuns": [{"mapRunArn": "map-run"}] if self.map_run else []}

    def describe_map_run(self, **_: Any) -> dict[str, Any]:
        return self.map_run


@dataclass
class NoRecords:
    """A history table without records."""

    def batch_get_item(self, **_: Any) -> dict[str, Any]:
        return {"Responses": {}}


@dataclass
class FakeAws:
    """The clients."""

    s3: FakeBucket = field(default_factory=FakeBucket)
    step_functions: FakeStepFunctions = field(default_factory=FakeStepFunctions)
    dynamodb: NoRecords = field(default_factory=NoRecords)


@dataclass
class HandClock:
    """A clock that is set by hand."""

    now: int = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.now

    def elapsed_ms(self) -> float:
        return float(self.now)

    async def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    def pass_by(self, *, minutes: float = 0, days: float = 0) -> None:
        self.now += round((minutes + days * 24 * 60) * 60_000)


@dataclass
class BulkCloud:
    """Bulks of a deployment in memory."""

    aws: Any = field(default_factory=FakeAws)
    clock: HandClock = field(default_factory=HandClock)
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def bulks(self) -> Bulks:
        outputs = {"BulkStateMachineArn": _MACHINE, **self.outputs}
        deployment = Deployment(_MACHINE, "history", "state", "artifacts", "planner", "finisher", {}, outputs)
        return Bulks(self.aws, deployment, self.clock, lambda _seconds: None)

    def prepared(self, calls: int = 3) -> PreparedRun:
        """Return a bulk of calls, prepared."""
        with self.bulks.new(catalog(), BulkSettings()) as preparation:
            for number in range(1, calls + 1):
                preparation.add(Line(number, echo()))
            return preparation.prepared()

    def resumption(self, bulk_id: str) -> PreparedRun:
        """Return what a resume of everything would start."""
        prepared = self.bulks.resumption(bulk_id, catalog())
        assert prepared is not None
        return prepared

    def next_run(self, bulk_id: str) -> int:
        """Return which run a resume of everything would be."""
        prepared = self.resumption(bulk_id)
        prepared.discard()
        return prepared.identity.run

    @property
    def started(self) -> list[str]:
        """The names of the runs that were started."""
        return list(self.aws.step_functions.executions)
