"""A long simulation in slices: kept in a folder, gone on with, and the same however many processes run it."""

from __future__ import annotations

import json
import multiprocessing
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.simulation.folder import Folder, FolderRefused
from bench.simulation.processes import SliceDied, run_slices
from bench.simulation.report import Report
from bench.simulation.scenario import Scenario
from bench.simulation.slices import slices_of
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[3]
OWN_TO_A_RUN = {"real_seconds", "cpu_seconds", "cpu_ms_a_call", "most_memory_mb"}
COMMAND = [sys.executable, "-m", "bench.simulation", "--json"]
SMALL = ["--calls", "400", "--slice-calls", "200"]


def simulated(*arguments: str) -> Any:
    done = subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def begun_slices_of(pid: int) -> list[Path]:
    """Return the processes of a run's slices as soon as there are some."""
    until(lambda: bool(slice_processes_of(pid)), look_each=0.02)
    return slice_processes_of(pid)


def slice_processes_of(pid: int) -> list[Path]:
    """Return the processes that a run has begun for slices, without multiprocessing's own tracker."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        found
        for child in children
        if b"spawn_main" in (found := Path(f"/proc/{child}")).joinpath("cmdline").read_bytes()
    ]


def figures(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in OWN_TO_A_RUN}


def test_slices_are_as_equal_as_can_be_and_each_has_a_seed_of_its_own() -> None:
    slices = slices_of(Scenario(calls=1000, seed=5), 300)

    assert [part.scenario.calls for part in slices] == [250, 250, 250, 250]
    assert [part.scenario.seed for part in slices] == [5, 6, 7, 8]


def test_what_fits_into_one_slice_is_the_scenario_itself() -> None:
    scenario = Scenario(calls=300, seed=5)

    assert [part.scenario for part in slices_of(scenario, 300)] == [scenario]


def test_how_many_processes_run_the_slices_changes_no_figure() -> None:
    one, two = (simulated(*SMALL, "--processes", processes) for processes in ("1", "2"))

    assert (one["slices"], one["calls"]) == (2, 400)
    assert figures(one) == figures(two)


def test_a_run_goes_on_with_the_slices_that_are_not_kept_yet(tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path / "kept"))
    whole = simulated(*SMALL, *folder)
    first, second = tmp_path / "kept" / "slice-0000.json", tmp_path / "kept" / "slice-0001.json"
    marked = json.loads(first.read_text())
    marked["report"]["real_seconds"] = 86_400.0
    first.write_text(json.dumps(marked))
    second.unlink()

    again = simulated(*SMALL, *folder)

    assert figures(again) == figures(whole)
    assert again["real_seconds"] > 86_400  # the first slice is the one that was kept
    assert second.exists()
    assert json.loads((tmp_path / "kept" / "report.json").read_text())["calls"] == 400


def test_ctrl_c_leaves_what_is_done_and_no_process(tmp_path: Path) -> None:
    arguments = ["--calls", "40200", "--slice-calls", "20100", "--rate", "2000", "--folder", str(tmp_path)]
    # The first slice is done already; the second takes long enough to be stopped.
    slices = slices_of(Scenario(calls=40_200, rate=2000), 20_100)
    Folder.opened(tmp_path, Scenario(calls=40_200, rate=2000), 20_100).keep(slices[0], Report(counts=Counter(calls=1)))
    running = subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    children = begun_slices_of(running.pid)

    running.send_signal(signal.SIGINT)
    _, told = running.communicate()

    assert running.returncode == 130
    assert "Stopped." in told
    assert "Traceback" not in told
    assert [child for child in children if child.exists()] == []
    assert sorted(path.name for path in tmp_path.glob("slice*")) == ["slice-0000.json"]


def test_slices_end_when_the_run_that_began_them_is_killed(tmp_path: Path) -> None:
    arguments = ["--calls", "200000", "--folder", str(tmp_path)]
    running = subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, stderr=subprocess.DEVNULL)
    children = begun_slices_of(running.pid)

    running.kill()
    running.wait()

    until(lambda: not any(child.exists() for child in children), 120)


def test_a_report_comes_back_from_its_folder_as_it_was(tmp_path: Path) -> None:
    scenario = Scenario(calls=10)
    (part,) = slices_of(scenario, 10)
    report = Report(
        seconds=1.5,
        busiest={"history #open": 3.0},
        counts=Counter(calls=10),
        call_ms=Counter({17: 9, 230: 1}),
        throughput=[{0: 4, 1: 6}],
        function_seconds={"tools": 2.25},
        broken=["a promise"],
    )

    Folder.opened(tmp_path, scenario, 10).keep(part, report)

    assert Folder.opened(tmp_path, scenario, 10).kept([part]) == {0: report}


def test_slices_of_another_run_are_not_mixed_in(tmp_path: Path) -> None:
    Folder.opened(tmp_path, Scenario(seed=1), 100)

    with pytest.raises(FolderRefused, match="another run"):
        Folder.opened(tmp_path, Scenario(seed=2), 100)


def test_two_runs_do_not_share_a_folder_at_a_time(tmp_path: Path) -> None:
    first = Folder.opened(tmp_path, Scenario(), 100)

    with pytest.raises(FolderRefused, match="Another run is writing"):
        Folder.opened(tmp_path, Scenario(), 100)
    assert first.path == tmp_path


def test_a_slice_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (part,) = slices_of(Scenario(calls=10), 10)
    (tmp_path / "slice-0000.json").write_text('{"code": "abc", "rep')

    with pytest.raises(FolderRefused, match=r"slice-0000\.json is not a slice's report"):
        Folder.opened(tmp_path, Scenario(calls=10), 10).kept([part])


def test_a_folder_that_is_a_file_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [*COMMAND, *SMALL, "--folder", str(tmp_path / "file")]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_process_that_is_killed_is_told_of_by_its_slice() -> None:
    running = run_slices(slices_of(Scenario(calls=200_000, seed=3), 200_000), 1)
    next(running)
    for child in multiprocessing.active_children():
        child.kill()

    with pytest.raises(SliceDied, match=r"slice 0 \(seed 3, 200,000 calls\) ended with exit code -9"):
        for _ in running:
            pass


def test_a_broken_promise_says_in_which_slice() -> None:
    slices = slices_of(Scenario(calls=20, seed=7), 10)
    good, bad = Report().of_slice(slices[0].name), Report(broken=["a call is open"]).of_slice(slices[1].name)

    assert good.joined(bad).broken == ["slice 1 (seed 8, 10 calls): a call is open"]


def test_slices_add_up_and_the_hottest_key_is_that_of_any_of_them() -> None:
    one = Report(seconds=2, cpu_seconds=1, most_at_once=5, busiest={"a": 10.0}, counts=Counter(calls=3))
    other = Report(seconds=3, cpu_seconds=2, most_at_once=4, busiest={"a": 7.0, "b": 8.0}, counts=Counter(calls=4))

    both = one.joined(other)

    assert (both.slices, both.seconds, both.cpu_seconds, both.most_at_once) == (2, 5, 3, 5)
    assert (both.counts["calls"], both.busiest) == (7, {"a": 10.0, "b": 8.0})
