"""A scenario: one or two executions that share a ledger and keys, their faults, and what is done to them meanwhile."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tests.faults.faulty_cloud import Run
from tool_executor.local.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

#: What stands for what only a run has: the execution's id, the ledger's file, what makes idempotency keys new; and for
#: a note of 10 KB, which makes an input go to S3.
ID, LEDGER, NONCE, LONG_NOTE = "{id}", "{ledger}", "{nonce}", "{long note}"
#: What the stage's secret is called that some calls take, and all of them give away.
SECRET_NAME: Final = "chaos/login"  # noqa: S105 - its name
_NOTE_CHARACTERS: Final = 10_000


class ActionKind(StrEnum):
    """What is done to an execution from outside."""

    STOP = "stop"  # StopExecution, as from the console
    CANCEL = "cancel"  # the client's cancel
    START_AGAIN = "start_again"  # StartExecution of the same name and input
    PLAN_AGAIN = "plan_again"  # the planner's event once more


@dataclass(frozen=True)
class Action:
    """An act, `after` so many seconds since the execution's start."""

    kind: ActionKind
    after: float


@dataclass(frozen=True)
class PlannedRun:
    """One execution. Faults name it by the placeholder of its id."""

    request: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    actions: tuple[Action, ...] = ()
    starts_after: float = 0
    refused: bool = False

    def acts(self, *kinds: ActionKind) -> bool:
        """Whether one of these is done to it."""
        return any(action.kind in kinds for action in self.actions)


@dataclass(frozen=True)
class Scenario:
    """Everything that a seed says."""

    seed: int
    runs: tuple[PlannedRun, ...]

    @property
    def canary(self) -> str:
        """A text of the calls' inputs that must come to nobody's eyes: it is in the ledger's name."""
        return f"canary-{self.seed}-"

    def to_json(self) -> dict[str, Any]:
        """Return the scenario as plain JSON values."""
        value: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return value


def named_run(planned: PlannedRun, execution_id: str, ledger: Path, nonce: str) -> tuple[Run, list[Fault]]:
    """Return an execution and its faults with the names of a run in place of the placeholders."""

    def named(value: Any) -> Any:
        text = json.dumps(value).replace(ID, execution_id).replace(LEDGER, str(ledger)).replace(NONCE, nonce)
        return json.loads(text.replace(LONG_NOTE, ledger.name.ljust(_NOTE_CHARACTERS)))

    faults = [Fault.from_json(named(fault.to_json())) for fault in planned.faults]
    return Run(execution_id, ledger, named(planned.request)), faults
