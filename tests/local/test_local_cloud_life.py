"""A local cloud's life: it starts or says why not, is found, and leaves nothing behind however it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.local_cloud.small_project import write_project
from tests.unit.local_cloud.small_stack import FUNCTION, TABLE
from tests.waiting import until
from tool_executor.local import find_running
from tool_executor.local.stack_deploy import client_maker

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVE = """
import sys
from tool_executor.local import LocalCloud, LocalCloudError, serve_until_stopped

def ready(cloud):
    print(cloud.deployment.ready_line(), flush=True)
    print(cloud.run_folder, flush=True)

try:
    serve_until_stopped(LocalCloud(sys.argv[1], port=int(sys.argv[2]), announce=True), on_ready=ready)
except LocalCloudError as error:
    sys.exit(f"{error.code}|{error.sentence}|{error.hint}")
print("ended", flush=True)
"""


@dataclass
class Served:
    """A serving process."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    run_folder: Path
    project: Path

    def invoke(self, event: dict[str, Any]) -> Any:
        client = client_maker(self.ready["endpoint_url"])("lambda")
        return json.loads(client.invoke(FunctionName=FUNCTION, Payload=json.dumps(event))["Payload"].read())


def serve(project: Path, port: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", "-c", SERVE, str(project), str(port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    project = write_project(folder)
    process = serve(project)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()
    yield Served(process, json.loads(line), Path(process.stdout.readline().strip()), project)
    process.kill()
    process.communicate()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Served]:
    """A cloud for a test that ends it."""
    with serving(tmp_path / "project") as served:
        yield served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A cloud that goes on."""
    with serving(tmp_path_factory.mktemp("served") / "project") as served:
        yield served


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(mortal: Served, number: signal.Signals) -> None:
    started = mortal.invoke({"do": "child"})
    assert alive(started["pid"])
    assert alive(started["child"])
    assert mortal.run_folder.is_dir()
    mortal.process.send_signal(number)
    out, _ = mortal.process.communicate(timeout=20)
    until(lambda: not alive(started["pid"]) and not alive(started["child"]))
    until(lambda: not mortal.run_folder.exists())
    assert find_running(mortal.project) is None
    if number != signal.SIGKILL:
        assert (mortal.process.returncode, out) == (0, "ended\n")
        assert not (mortal.project / ".local" / "running.json").exists()


def test_a_busy_worker_does_not_outlive_a_killed_cloud(mortal: Served) -> None:
    pid = mortal.invoke({"do": "pid"})["pid"]
    client = client_maker(mortal.ready["endpoint_url"])("lambda")
    client.invoke(FunctionName=FUNCTION, InvocationType="Event", Payload=b'{"do": "sleep", "seconds": 600}')
    time.sleep(0.3)
    mortal.process.kill()
    until(lambda: not alive(pid))


def test_a_running_cloud_is_found_by_its_project(served: Served) -> None:
    running = find_running(served.project)
    assert running is not None
    assert running.pid == served.process.pid
    assert running.deployment.endpoint_url == served.ready["endpoint_url"]
    assert running.deployment.functions == {"small": FUNCTION}
    assert find_running(served.project.parent) is None


def test_a_note_of_another_cloud_on_the_same_port_is_not_believed(served: Served) -> None:
    note = served.project / ".local" / "running.json"
    true_note = note.read_text("utf-8")
    for untrue in (json.dumps({**json.loads(true_note), "run_id": "another"}), "{ half a no"):
        note.write_text(untrue, "utf-8")
        assert find_running(served.project) is None
    note.write_text(true_note, "utf-8")


def test_the_ready_line_is_the_contracts(served: Served) -> None:
    assert list(served.ready) == [
        "endpoint_url",
        "region",
        "state_machine_arn",
        "history_table",
        "tool_state_table",
        "artifact_bucket",
        "functions",
    ]
    assert served.ready["history_table"] == TABLE
    assert served.ready["functions"] == {"small": FUNCTION}


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        process = serve(write_project(tmp_path / "project"), port)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    code, sentence, hint = err.strip().split("|")
    assert (code, sentence) == ("PortInUse", f"Port {port} is in use.")
    assert "--port" in hint


def test_it_listens_on_loopback_only(served: Served) -> None:
    port = int(served.ready["endpoint_url"].rpartition(":")[2])
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text("utf-8").splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    ]
    assert listening == [f"0100007F:{port:04X}"]


@pytest.mark.parametrize("headers", [{"Host": "evil.example:80"}, {"Origin": "https://evil.example"}])
def test_what_a_browser_sends_for_a_foreign_page_is_refused(served: Served, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(served.ready["endpoint_url"].rpartition(":")[2]))
    connection.request("POST", f"/2015-03-31/functions/{FUNCTION}/invocations", b"{}", headers)
    assert connection.getresponse().status == 403


def test_the_pure_python_runtime_can_be_forced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_EXECUTOR_LOCAL_RUNTIME", "pure")
    with serving(tmp_path / "project") as served:
        pid = served.invoke({"do": "pid"})["pid"]
        assert "pure_runtime.py" in Path(f"/proc/{pid}/cmdline").read_text("utf-8")
        machine = served.ready["state_machine_arn"]
        client = client_maker(served.ready["endpoint_url"])("stepfunctions")
        arn = client.start_execution(stateMachineArn=machine, input='{"a": "ü"}')["executionArn"]
        until(lambda: client.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
        assert json.loads(client.describe_execution(executionArn=arn)["output"]) == {"a": "ü"}


IN_ONE_PROCESS = """
import os, subprocess, sys, threading, time
from tool_executor.local import LocalCloud, LocalCloudError

def child_processes():
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, text=True)
    return [line for line in listed.stdout.splitlines() if "ps" not in line.split()[1]]

folder, table = sys.argv[1:]
with LocalCloud(folder) as cloud:
    cloud.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "a"}})
    try:
        with LocalCloud(folder):
            pass
    except LocalCloudError as error:
        print(error.code)
for _ in range(2):
    with LocalCloud(folder) as cloud:
        print(cloud.client("dynamodb").scan(TableName=table)["Count"])
try:
    with LocalCloud(folder) as cloud:
        run_folder = cloud.run_folder
        raise KeyError("in the block")
except KeyError:
    print(run_folder.exists())
with LocalCloud(folder) as cloud:
    machine = cloud.deployment.state_machine_arn
    client = cloud.client("stepfunctions")
    client.start_execution(stateMachineArn=machine, input='{"do": "sleep", "seconds": 60}')
    time.sleep(1)
time.sleep(1)
ours = ("watch-", "runtime-api", "schedules", "local-cloud")
print(sum(thread.name.startswith(ours) for thread in threading.enumerate()))
print(len(child_processes()))
import moto.dynamodb.responses
print(moto.dynamodb.responses.DynamoHandler.call_action.__module__)
"""


def test_clouds_of_one_process_come_one_after_another_and_begin_empty(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    command = [sys.executable, "-W", "ignore", "-c", IN_ONE_PROCESS, str(project), TABLE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["AlreadyRunning", "0", "0", "False", "0", "0", "moto.dynamodb.responses"]


def test_an_interrupted_start_leaves_nothing_behind(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", app="import time; print('synth', flush=True); time.sleep(600)")
    process = serve(project)
    until(lambda: any(path.name.startswith(".synth-") for path in (project / ".local").rglob("*")), 20)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert not [path for path in (project / ".local" / "assemblies").iterdir() if path.is_dir()]
    assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob(f"tool-executor-{process.pid}-*"))  # noqa: S108
