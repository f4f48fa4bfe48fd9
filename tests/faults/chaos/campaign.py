"""Many scenarios on one cloud, several at once: most of their time is waiting."""

from __future__ import annotations

import json
import time
import traceback
import uuid
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.faults.chaos.fault_generator import CLOSE
from tests.faults.chaos.generator import scenario
from tests.faults.chaos.logs import Closed, inputs_stay_out, metrics_agree, redeliveries_are_apart
from tests.faults.chaos.rules import violations
from tests.faults.chaos.runner import Hangs, ScenarioRunner, Seen
from tests.faults.chaos.secrets import put_secret, secret_in_history, secret_in_logs, secret_in_stores
from tests.faults.faulty_cloud import FINISHER
from tests.faults.oracle import Oracle
from tests.faults.oracle_rules import Violation
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.local.faults import FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.faults.faulty_cloud import FaultyCloud

AT_ONCE: Final = 10
#: The functions' clients send a request as often as this.
_TRIES: Final = 4


@dataclass(frozen=True)
class Verdict:
    """What came of a seed."""

    seed: int
    violations: tuple[Violation, ...]
    seconds: float = 0.0
    ended: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain JSON values, with its scenario where it is needed."""
        told = {"seed": self.seed, "seconds": round(self.seconds, 1), "ended": self.ended}
        if not self.violations:
            return told
        broken = [violation.to_json() for violation in self.violations]
        return {**told, "violations": broken, "scenario": scenario(self.seed).to_json()}


@dataclass
class Campaign:
    """Runs seeds. Without a folder of logs, what is in them is not judged."""

    cloud: FaultyCloud
    logs: Path | None = None
    at_once: int = AT_ONCE
    _closed: dict[str, Closed] = field(default_factory=dict)
    _canaries: dict[str, str] = field(default_factory=dict)
    _oracle: Oracle = field(init=False)
    _secret: str = field(default_factory=lambda: f"canary-secret-{uuid.uuid4().hex}", repr=False)

    def __post_init__(self) -> None:
        self._oracle = Oracle(self.cloud)
        put_secret(self.cloud, self._secret)

    def verdicts(self, seeds: Sequence[int]) -> Iterator[Verdict]:
        """Yield a verdict for each seed as it ends."""
        threads = ThreadPoolExecutor(self.at_once)
        try:
            for job in as_completed([threads.submit(self._verdict, seed) for seed in seeds]):
                yield job.result()
        finally:
            # Who interrupts does not wait for scenarios: they end with their cloud.
            threads.shutdown(wait=False, cancel_futures=True)

    def afterwards(self) -> list[Violation]:
        """Return what shows only when everything has ended: records that changed, and what is in the logs."""
        found = [*self._oracle.changed(), *secret_in_stores(self.cloud, self._secret)]
        if self.logs is not None:
            found += [
                *metrics_agree(self.logs, self._closed),
                *redeliveries_are_apart(self.logs, self._closed),
                *inputs_stay_out(self.logs, self._canaries),
                *secret_in_logs(self.logs, self._secret),
            ]
        return found

    def _verdict(self, seed: int) -> Verdict:
        began = time.monotonic()
        runner = ScenarioRunner(self.cloud, self._oracle, scenario(seed))
        try:
            found = runner.run()
            broken = (*violations(self._oracle, runner.scenario, found), *self._given_away(found))
        except Hangs as error:
            return Verdict(seed, (Violation("everything comes to an end", str(error)),), time.monotonic() - began)
        except Exception:  # noqa: BLE001 - one seed that breaks the runner must not cost the others their verdicts
            return Verdict(seed, (Violation("the runner can judge it", traceback.format_exc()),))
        runner.forget()
        for seen in found:
            self._remember(runner, seen)
        return Verdict(seed, broken, time.monotonic() - began, tuple(_told(seen) for seen in found))

    def _given_away(self, found: Sequence[Seen]) -> Iterator[Violation]:
        for seen in found:
            yield from secret_in_history(self._secret, seen.evidence.run.execution_id, seen.history)

    def _remember(self, runner: ScenarioRunner, seen: Seen) -> None:
        execution_id = seen.evidence.run.execution_id
        self._canaries[f"{runner.scenario.canary}{runner.nonce}"] = execution_id
        if seen.evidence.own is None:
            return
        repeats = {call["call_id"]: _repeats(seen.evidence.invocations_of(call)) for call in seen.evidence.calls}
        self._closed[execution_id] = Closed(seen.evidence.calls, _may_go_uncounted(seen), repeats)


def _repeats(invocations: Sequence[dict[str, Any]]) -> int:
    """Return how many deliveries of a call's events were not the first of their attempt."""
    return len(invocations) - len({json.loads(one["payload"])["context"]["attempt"] for one in invocations})


def _may_go_uncounted(seen: Seen) -> bool:
    """Whether the finisher may have died, or never have heard that it had closed: outcomes count at most once."""
    killed = any(fault["kind"] == FaultKind.KILL for fault in seen.struck(FINISHER))
    updates = [fault for fault in seen.struck("dynamodb.UpdateItem") if fault["containing"][1:] in ([], [CLOSE])]
    return killed or sum(fault["struck"] for fault in updates) >= _TRIES


def seed_of(violation: Violation) -> int | None:
    """Return the seed of an execution's id."""
    parts = violation.execution_id.split("-")
    return int(parts[1]) if len(parts) > 1 and parts[0] == "chaos" else None


def _told(seen: Seen) -> str:
    own = seen.evidence.own
    return f"{seen.status.lower()}: {own['status'] if own and own['call_id'] == EXECUTION_CALL_ID else 'no records'}"
