"""Functions in worker processes: reused, concurrent, killed in time, answered when they die, in Lambda's world."""

from __future__ import annotations

import io
import json
import os
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.local_cloud.small_stack import HANDLER
from tests.waiting import until
from tool_executor.local.workers.code_store import CodeStore
from tool_executor.local.workers.environment import chosen_runtime
from tool_executor.local.workers.fleet import WorkerFleet
from tool_executor.local.workers.function_config import FunctionConfig
from tool_executor.local.workers.invocation import PAYLOAD_LIMIT_BYTES, Throttled
from tool_executor.local.workers.worker import WorkerSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.local.workers.invocation import Answer

ROOT = Path(__file__).resolve().parents[2]

CONFIG = FunctionConfig(
    name="tool",
    arn="arn:aws:lambda:us-east-1:123456789012:function:tool",
    handler="tool.lambda_handler",
    runtime="python3.13",
    version="$LATEST",
    region="us-east-1",
    memory_mb=256,
    timeout_seconds=10,
    environment={"GREETING": "hello"},
    code_sha256="standard",
)


class Registry:
    """Remembers the process groups that it is told of."""

    def __init__(self) -> None:
        self.groups: set[int] = set()
        self.add = self.groups.add
        self.remove = self.groups.discard


class Functions:
    """A fleet with one kind of code, called with events."""

    def __init__(self, folder: Path, runtime: str) -> None:
        self.registry = Registry()
        self.folder = folder
        settings = WorkerSettings(folder / "run", "http://localhost:1", runtime, self.registry)
        self.fleet = WorkerFleet(settings, CodeStore(folder / "code"))

    def answer(self, event: Any, config: FunctionConfig = CONFIG, code: str = HANDLER) -> Answer:
        return self.fleet.invoke(config, lambda: zipped({"tool.py": code}), json.dumps(event).encode())

    def result(self, event: Any, config: FunctionConfig = CONFIG) -> Any:
        answer = self.answer(event, config)
        assert answer.function_error is None, answer.payload
        return json.loads(answer.payload)

    def failure(self, event: Any, config: FunctionConfig = CONFIG, code: str = HANDLER) -> dict[str, Any]:
        answer = self.answer(event, config, code)
        assert answer.function_error == "Unhandled"
        failed: dict[str, Any] = json.loads(answer.payload)
        return failed


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in {**files, "tool_contract/__init__.py": ""}.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture(scope="module", params=["awslambdaric", "pure"])
def runtime(request: pytest.FixtureRequest) -> str:
    """AWS's runtime client, and the pure-Python one that systems without it get."""
    return chosen_runtime(request.param)


@pytest.fixture
def functions(tmp_path: Path, runtime: str) -> Iterator[Functions]:
    functions = Functions(tmp_path, runtime)
    yield functions
    functions.fleet.close()
    until(lambda: not functions.registry.groups)


def gone(pid: int) -> bool:
    """Whether the process has ended; one that only waits to be collected has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_worker_is_reused_for_the_next_invocation(functions: Functions) -> None:
    first, second = functions.result({"do": "pid"}), functions.result({"do": "pid"})
    assert second == {"pid": first["pid"], "calls": 2}


def test_invocations_at_once_run_in_processes_of_their_own(functions: Functions) -> None:
    barrier = threading.Barrier(3)

    def invoke(_: int) -> int:
        barrier.wait()
        pid: int = functions.result({"do": "sleep", "seconds": 2})["pid"]
        return pid

    with ThreadPoolExecutor(3) as pool:
        pids = set(pool.map(invoke, range(3)))
    assert len(pids) == 3


def test_short_invocations_do_not_start_a_process_each(functions: Functions) -> None:
    with ThreadPoolExecutor(20) as pool:
        pids = {answer["pid"] for answer in pool.map(lambda _: functions.result({"do": "pid"}), range(20))}
    assert len(pids) < 20


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"do": "exit", "status": 3}, "Runtime exited with error: exit status 3"),
        ({"do": "exit", "status": 0}, "Runtime exited without providing a reason"),
        ({"do": "kill"}, "Runtime exited with error: signal: killed"),
    ],
)
def test_a_worker_that_dies_is_answered_at_once_and_replaced(
    functions: Functions, event: dict[str, Any], said: str
) -> None:
    before = functions.result({"do": "pid"})["pid"]
    started = time.monotonic()
    failed = functions.failure(event)
    assert time.monotonic() - started < CONFIG.timeout_seconds / 2
    assert failed["errorType"] == "Runtime.ExitError"
    assert failed["errorMessage"].endswith(said)
    assert functions.result({"do": "pid"})["pid"] != before


def test_a_hanging_worker_is_killed_at_the_functions_timeout_with_its_children(functions: Functions) -> None:
    config = replace(CONFIG, timeout_seconds=1)
    started = functions.result({"do": "child"}, config)
    begin = time.monotonic()
    failed = functions.failure({"do": "sleep", "seconds": 60}, config)
    assert 0.9 < time.monotonic() - begin < 5
    assert failed["errorType"] == "Sandbox.Timedout"
    assert failed["errorMessage"].endswith("Task timed out after 1.00 seconds")
    until(lambda: gone(started["pid"]) and gone(started["child"]))


def test_the_start_of_a_worker_does_not_count_against_the_timeout(functions: Functions) -> None:
    slow_start = f"import time\ntime.sleep(1.5)\n{HANDLER}"
    config = replace(CONFIG, timeout_seconds=1, code_sha256="slow-start")
    assert functions.answer({"a": 1}, config, slow_start).payload == b'{"a": 1}'


def test_an_exception_is_answered_as_python_names_it(functions: Functions) -> None:
    failed = functions.failure({"do": "raise", "message": "no ünicode problem"})
    assert (failed["errorType"], failed["errorMessage"]) == ("ValueError", "no ünicode problem")
    assert any("lambda_handler" in line for line in failed["stackTrace"])


@pytest.mark.parametrize(
    ("handler", "code", "error_type"),
    [
        ("tool.lambda_handler", "import nowhere_to_be_found", "Runtime.ImportModuleError"),
        ("tool.lambda_handler", "def broken(:", "Runtime.UserCodeSyntaxError"),
        ("tool.no_such_function", "x = 1", "Runtime.HandlerNotFound"),
        ("tool.lambda_handler", "raise KeyError('at import')", "KeyError"),
        ("tool.lambda_handler", "import os; os._exit(7)", "Runtime.ExitError"),
    ],
)
def test_a_worker_that_cannot_start_answers_the_invocation(
    functions: Functions, handler: str, code: str, error_type: str
) -> None:
    config = replace(CONFIG, handler=handler, code_sha256=f"{abs(hash((handler, code)))}")
    assert functions.failure({}, config, code)["errorType"] == error_type


def test_what_cannot_be_written_as_json_is_a_marshal_error(functions: Functions) -> None:
    assert functions.failure({"do": "object"})["errorType"] == "Runtime.MarshalError"


def test_bytes_and_nan_leave_the_function_as_they_do_on_lambda(functions: Functions) -> None:
    assert functions.answer({"do": "bytes"}).payload == b"not json"
    assert functions.answer({"do": "nan"}).payload == b'{"value": NaN}'


def test_text_leaves_as_utf8_from_python_312_on(functions: Functions) -> None:
    assert functions.answer({"text": "grün 😀"}).payload == '{"text": "grün 😀"}'.encode()


def test_an_older_runtime_escapes_text(functions: Functions) -> None:
    config = replace(CONFIG, runtime="python3.11")
    assert functions.answer({"text": "ü"}, config).payload == b'{"text": "\\u00fc"}'


def test_a_response_over_six_megabytes_is_refused(functions: Functions) -> None:
    quotes = 2
    fits = functions.answer({"do": "big", "bytes": PAYLOAD_LIMIT_BYTES - quotes})
    assert (fits.function_error, len(fits.payload)) == (None, PAYLOAD_LIMIT_BYTES)
    failed = functions.failure({"do": "big", "bytes": PAYLOAD_LIMIT_BYTES - quotes + 1})
    assert failed["errorType"] == "Function.ResponseSizeTooLarge"
    assert functions.result({"still": "works"}) == {"still": "works"}


def test_the_context_is_lambdas(functions: Functions) -> None:
    answer = functions.fleet.invoke(
        CONFIG, lambda: zipped({"tool.py": HANDLER}), b'{"do": "context"}', json.dumps({"custom": {"a": 1}})
    )
    context = json.loads(answer.payload)
    assert 8_000 < context.pop("remaining") <= 10_000
    assert len(context.pop("request_id")) == 36
    assert context == {
        "name": "tool",
        "arn": CONFIG.arn,
        "memory": "256",
        "version": "$LATEST",
        "client": {"a": 1},
    }


def test_a_worker_sees_lambdas_environment_and_nothing_of_the_developers(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEVELOPERS_SECRET", "x")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    environment = functions.result({"do": "environment"})
    assert not {"DEVELOPERS_SECRET", "AWS_PROFILE", "PYTHONPATH"} & environment.keys()
    assert environment["HOME"] != os.environ.get("HOME")
    expected = {
        "_HANDLER": "tool.lambda_handler",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://localhost:1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "tool",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/tool",
        "AWS_REGION": "us-east-1",
        "GREETING": "hello",
        "TZ": ":UTC",
    }
    assert expected.items() <= environment.items()
    assert environment["_X_AMZN_TRACE_ID"].startswith("Root=1-")


def test_the_zip_comes_first_and_the_checkout_not_at_all(functions: Functions) -> None:
    task_root = functions.result({"do": "environment"})["LAMBDA_TASK_ROOT"]
    path = functions.result({"do": "path"})
    assert path[0] == task_root
    assert not {str(ROOT), str(ROOT / "src"), str(ROOT / "src/tool_executor/local/workers")} & set(path)
    assert functions.result({"do": "where", "module": "tool_contract"})["file"].startswith(task_root)
    for module in ("tool_executor", "lambdas", "infra", "tests.local", "inventory_data"):
        assert "error" in functions.result({"do": "where", "module": module}), module
    assert "site-packages" in functions.result({"do": "where", "module": "boto3"})["file"]


def test_reserved_concurrency_refuses_what_is_over_it(functions: Functions) -> None:
    config = replace(CONFIG, reserved_concurrency=1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(functions.result, {"do": "sleep", "seconds": 1}, config)
        until(lambda: bool(functions.registry.groups))
        with pytest.raises(Throttled):
            functions.answer({}, config)
        running.result()
    assert functions.result({"a": 1}, config) == {"a": 1}


def test_the_log_tail_is_what_this_invocation_wrote(functions: Functions) -> None:
    functions.answer({"do": "log", "text": "from the first"})
    tail = functions.answer({"do": "log", "text": "from the second"}).log_tail.decode()
    assert tail.startswith("START RequestId: ")
    assert "from the second\n" in tail
    assert "from the first" not in tail
    assert "\nREPORT RequestId: " in tail
    (log,) = functions.fleet.logs_folder("tool").glob("*.log")
    assert "from the first" in log.read_text("utf-8")


def test_a_changed_configuration_gets_new_workers(functions: Functions) -> None:
    functions.result({"do": "pid"})
    changed = replace(CONFIG, environment={"GREETING": "good evening"})
    assert functions.result({"do": "environment"}, changed)["GREETING"] == "good evening"
    until(lambda: len(functions.registry.groups) == 1)


def test_closing_kills_every_worker_and_answers_what_runs(functions: Functions) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(functions.failure, {"do": "sleep", "seconds": 60})
        until(lambda: bool(functions.registry.groups))
        time.sleep(0.5)
        functions.fleet.close()
        assert running.result(10)["errorType"] == "Runtime.ExitError"
    assert functions.failure({})["errorType"] == "Runtime.ExitError"
    until(lambda: not functions.registry.groups)
