"""What the functions' logs must show, and must not: outcomes counted once per call, and no input."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.faults.oracle_rules import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tool_executor.history import Record

_PREFIX: Final = "Calls_"


@dataclass(frozen=True)
class Closed:
    """An execution whose records are closed."""

    records: Sequence[Record]
    may_go_uncounted: bool = False


@dataclass
class _Count:
    """The outcomes that one closing counted, by tool and status."""

    told: dict[str, Any]
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)


def metrics_agree(folder: Path, closed: Mapping[str, Closed]) -> Iterator[Violation]:
    """Yield executions whose calls the finisher did not count once each, as their records have it."""
    rule, counts = "metrics agree with records", _counts(folder)
    for execution_id, execution in closed.items():
        found = counts.get(execution_id, [])
        expected = Counter((call["tool_name"], str(call["status"])) for call in execution.records)
        if len(found) > 1:
            yield Violation(rule, f"its outcomes were counted {len(found)} times", execution_id)
        elif not found and not execution.may_go_uncounted:
            yield Violation(rule, "its outcomes were not counted", execution_id)
        elif found and found[0].outcomes != expected and not execution.may_go_uncounted:
            said = f"counted were {dict(found[0].outcomes)}, the records say {dict(expected)}"
            yield Violation(rule, said, execution_id)


def inputs_stay_out(folder: Path, canaries: Mapping[str, str]) -> Iterator[Violation]:
    """Yield log lines that hold a canary; `canaries` are execution ids by text."""
    for file in sorted(folder.rglob("*.log")):
        for line in file.read_text("utf-8", "replace").splitlines():
            if "canary-" in line:  # one look at each line, not one for each canary
                for canary, execution_id in canaries.items():
                    if canary in line:
                        yield Violation("no input in a log", f"{file.parent.name}: {line[:500]}", execution_id)


def _counts(folder: Path) -> dict[str, list[_Count]]:
    """Return what was counted for each execution: the metrics that follow the line which says that it is closed."""
    found: defaultdict[str, list[_Count]] = defaultdict(list)
    for file in sorted(folder.glob("*-finisher/*.log")):
        current: _Count | None = None
        for line in file.read_text("utf-8", "replace").splitlines():
            told = _parsed(line)
            if told.get("message") == "finished":
                current = _Count(told)
                found[told["execution_id"]].append(current)
            elif "_aws" in told and current is not None:
                statuses = [name.removeprefix(_PREFIX) for name in told if name.startswith(_PREFIX)]
                current.outcomes.update((told["tool"], status) for status in statuses)
            else:
                current = None
    return found


def _parsed(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
