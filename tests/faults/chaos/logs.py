"""What the functions' logs must show, and must not: outcomes counted once per call, and no input."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.faults.oracle_rules import Violation
from tool_contract.record import asked_tool, attempt_log_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tool_executor.history import Record

#: Counts of which a line has the sum for a tool, and what of an execution's records they must be together.
_BY_DECISION: Final = {
    "Retries": "retry",
    "Fallbacks": "fallback",
    "CacheHits": "cached",
    "Replays": "replayed",
}


@dataclass(frozen=True)
class Closed:
    """An execution whose records are closed. `repeats`: how often an event of a call came after its first time."""

    records: Sequence[Record]
    may_go_uncounted: bool = False
    repeats: Mapping[str, int] = field(default_factory=dict)


def metrics_agree(folder: Path, closed: Mapping[str, Closed]) -> Iterator[Violation]:
    """Yield executions whose metrics are not what their records say, once."""
    rule, told = "metrics agree with records", _told(folder, "*-finisher/*.log")
    for execution_id, execution in closed.items():
        found, expected = told.get(execution_id, Counter()), _recorded(execution.records)
        if execution.may_go_uncounted and found <= expected:
            continue
        if found != expected:
            yield Violation(rule, f"metrics are {dict(found)}, the records say {dict(expected)}", execution_id)


def redeliveries_are_apart(folder: Path, closed: Mapping[str, Closed]) -> Iterator[Violation]:
    """Yield executions of which more redeliveries were counted than there were."""
    told = _redelivered(folder)
    for execution_id, execution in closed.items():
        for (of, call_id), count in told.items():
            if of == execution_id and count > execution.repeats.get(call_id, 0):
                said = (
                    f"{call_id}: {count} redeliveries, its events came again {execution.repeats.get(call_id, 0)} times"
                )
                yield Violation("redeliveries are counted apart", said, execution_id)


def _recorded(records: Sequence[Record]) -> Counter[str]:
    """Return what the records hold, by the metrics' names; outcomes by tool."""
    expected: Counter[str] = Counter()
    for record in records:
        expected[f"{asked_tool(record)} Calls"] += 1
        expected[f"{asked_tool(record)} Calls{record['status'].capitalize()}"] += 1
        expected["Attempts"] += record["attempts"]
        expected["Hedges"] += record.get("hedges", 0)
        log = attempt_log_of(record)
        for name, decision in _BY_DECISION.items():
            expected[name] += sum(entry.decision == decision for entry in log)
    return +expected


def _told(folder: Path, files: str) -> dict[str, Counter[str]]:
    """Return the sums that the finisher wrote of each execution."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in _metric_lines(folder, files):
        counts = found[line.get("execution_id", "")]
        for name, values in line.items():
            if name.startswith("Calls"):
                counts[f"{line['tool']} {name}"] += round(sum(values))
            elif name == "Attempts" or name in _BY_DECISION:
                counts[name] += round(sum(values))
    return found


def _redelivered(folder: Path) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for line in _metric_lines(folder, "*-ledger/*.log"):
        if "Redeliveries" in line:
            found[line["execution_id"], line["call_id"]] += round(sum(line["Redeliveries"]))
    return found


def _metric_lines(folder: Path, files: str) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob(files)):
        for line in file.read_text("utf-8", "replace").splitlines():
            told = _parsed(line)
            if "_aws" in told:
                yield told


def inputs_stay_out(folder: Path, canaries: Mapping[str, str]) -> Iterator[Violation]:
    """Yield log lines that hold a canary; `canaries` are execution ids by text."""
    for file in sorted(folder.rglob("*.log")):
        for line in file.read_text("utf-8", "replace").splitlines():
            if "canary-" in line:  # one look at each line, not one for each canary
                for canary, execution_id in canaries.items():
                    if canary in line:
                        yield Violation("no input in a log", f"{file.parent.name}: {line[:500]}", execution_id)


def _parsed(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
