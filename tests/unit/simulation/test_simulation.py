"""A few thousand calls through the simulation: every promise is kept, and what is scarce is seen to be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.simulation.virtual_time import Timeline

ROOT = Path(__file__).resolve().parents[3]


def simulated(*arguments: str) -> Any:
    """Run in a process of its own: the simulation puts models in place of the code's clients."""
    command = [sys.executable, "-m", "bench.simulation", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def faulty() -> Any:
    """Failures, crashes, throttled functions."""
    return simulated("--calls", "3000", "--rate", "2000", "--failures", "0.05", "--crashes", "0.02", "--tools", "3")


def test_every_promise_is_kept_under_faults(faulty: Any) -> None:
    assert faulty["broken"] == []
    assert (faulty["calls"], faulty["executions"]) == (3000, 300)


def test_the_faults_have_happened(faulty: Any) -> None:
    assert faulty["functions"]["tools died"] > 0
    assert faulty["most_attempts"] > 1


def test_the_same_seed_gives_the_same_run() -> None:
    first, second = (simulated("--calls", "300", "--seed", "7") for _ in range(2))
    same = first.keys() - {"real_seconds", "cpu_seconds", "cpu_ms_a_call", "most_memory_mb"}

    assert {name: first[name] for name in same} == {name: second[name] for name in same}


def test_one_shard_is_throttled_where_more_are_not() -> None:
    rates = ("--calls", "3000", "--rate", "10000", "--failures", "0", "--crashes", "0")

    one, many = (simulated(*rates, "--shards", shards) for shards in ("1", "64"))

    assert one["throttled"]["history/by-tool"] > 0
    assert many["throttled"] == {}
    assert one["broken"] == many["broken"] == []
    assert one["call_ms"]["p95"] > 1.3 * many["call_ms"]["p95"]


def test_a_bad_number_is_refused() -> None:
    command = [sys.executable, "-m", "bench.simulation", "--shards", "0"]

    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 2


def test_time_jumps_to_what_is_due_next() -> None:
    timeline, seen = Timeline(), []

    def task(name: str, seconds: float) -> None:
        timeline.wait(seconds)
        seen.append((name, timeline.now))

    timeline.spawn(lambda: task("late", 3600.0))
    timeline.spawn(lambda: task("soon", 1.0))
    timeline.run()

    assert seen == [("soon", 1.0), ("late", 3600.0)]
