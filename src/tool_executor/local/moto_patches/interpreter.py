"""The interpreter's Map, which recursed and copied once per item, and other things that made it slow or leak."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

import boto3
from botocore.config import Config
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.exec import execute_state
from moto.stepfunctions.parser.asl.component.state.exec.state_map import state_map
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    inline_item_processor_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import IterationWorker
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import JobPool
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from tool_executor.local.aws_json import STATE_LIMIT_BYTES, utf8_bytes
from tool_executor.local.map_runs.definition import parse as parse_definition
from tool_executor.local.moto_patches.correction import Correction
from tool_executor.local.moto_patches.states_data import FAST_COPY, share_input
from tool_executor.local.moto_patches.step_functions_limits import data_limit_exceeded

_STATE_FOLDER = "moto.stepfunctions.parser.asl.component.state.exec"
_MODULES_WITH_CLIENTS = (
    f"{_STATE_FOLDER}.state_map.item_reader.eval.resource_eval_s3",
    f"{_STATE_FOLDER}.state_map.result_writer.resource_eval.resource_eval_s3",
    f"{_STATE_FOLDER}.state_task.lambda_eval_utils",
    f"{_STATE_FOLDER}.state_task.service.state_task_service_aws_sdk",
    f"{_STATE_FOLDER}.state_task.service.state_task_service_dynamodb",
    f"{_STATE_FOLDER}.state_task.service.state_task_service_events",
    f"{_STATE_FOLDER}.state_task.service.state_task_service_sfn",
    f"{_STATE_FOLDER}.state_task.service.state_task_service_sns",
    f"{_STATE_FOLDER}.state_task.service.state_task_service_sqs",
)
_SECONDS_NO_TASK_WAITS = 99_999_999
_CONNECTIONS = 50


def _eval_pool(self: Any, job: Any, worker_frame: Any) -> None:  # noqa: ANN401 - a method of moto's
    """Moto's own, with a loop for its recursion."""
    pool = self._job_pool
    while job is not None:
        job_frame = worker_frame.open_inner_frame()
        self._eval_job(env=job_frame, job=job)
        worker_frame.close_frame(job_frame)
        failed = isinstance(job.job_output, Exception) or self.stopped()
        following = None if failed else pool.next_job()
        if following is None:
            if not failed:
                # Later states' events follow the last of these, as in moto.
                worker_frame.event_history_context.source_event_id = (
                    job_frame.event_history_context.last_published_event_id
                )
            # The frame is closed before the job: the Map goes on when its jobs are closed.
            self._env.close_frame(worker_frame)
            pool.close_job(job)
            return
        pool.close_job(job)
        job = following
    self._env.close_frame(worker_frame)


def _eval_input(self: Any, env_frame: Any) -> None:  # noqa: ANN401 - a method of moto's
    """Moto's own, but all items look at one Map input instead of a copy each."""
    selector = self._item_selector or self._parameters
    if not selector:
        return
    map_input = self._env.stack[-1]
    shared = vars(self._job_pool).setdefault("_converted_map_input", {})
    share_input(env_frame.states, map_input, shared)
    env_frame.stack.append(map_input)
    selector.eval(env_frame)
    selected = env_frame.stack[-1]
    if utf8_bytes(selected) > STATE_LIMIT_BYTES:
        raise data_limit_exceeded(env_frame, f"The input of an iteration of the Map '{self._work_name}'")
    env_frame.states.reset(input_value=selected)


def _get_closed_jobs(self: Any) -> list[Any]:  # noqa: ANN401 - a method of moto's
    with self._mutex:
        return sorted(self._closed_jobs, key=lambda job: job.job_index)


def _event_history(self: Any) -> list[Any]:  # noqa: ANN401 - a method of moto's
    with self._mutex:
        return list(self._history_event_list)


def client_factory(endpoint_url: str) -> Callable[..., Any]:
    """boto3 clients for the interpreter's Tasks: one per service and region, made once."""
    session = boto3.session.Session()
    lock = threading.Lock()
    made: dict[tuple[str, str], Any] = {}

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ANN401, ARG001
        with lock:
            if (region, service) not in made:
                made[region, service] = session.client(  # type: ignore[call-overload] # any service's name
                    service,
                    region_name=region,
                    endpoint_url=endpoint_url,
                    aws_access_key_id="local",
                    aws_secret_access_key="local",  # noqa: S106 - no secret: nothing checks it
                    config=Config(
                        parameter_validation=False,
                        retries={"total_max_attempts": 1},
                        connect_timeout=_SECONDS_NO_TASK_WAITS,
                        read_timeout=_SECONDS_NO_TASK_WAITS,
                        max_pool_connections=_CONNECTIONS,
                    ),
                )
            return made[region, service]

    return boto_client_for


def _say_nothing(self: Any, *_: object, **__: object) -> None:  # noqa: ANN401 - a method of moto's
    pass


def corrections(endpoint_url: str) -> list[Correction]:
    """The corrections of this module."""
    make_client = client_factory(endpoint_url)
    parse = lru_cache(maxsize=64)(parse_definition)
    slow = "copying JSON is most of the interpreter's time on large inputs"
    log = "it writes the whole machine into the log for every failure, at every level of it"
    return [
        Correction(
            IterationWorker,
            "_eval_pool",
            _eval_pool,
            "it recurses for each item: a long Map overflows the stack and hangs",
        ),
        Correction(
            inline_item_processor_worker.InlineItemProcessorWorker,
            "_eval_input",
            _eval_input,
            "a Map copies its whole input for each item: time grows with the square",
        ),
        Correction(JobPool, "get_closed_jobs", _get_closed_jobs, slow),
        Correction(EventManager, "get_event_history", _event_history, slow),
        *(Correction(module, "copy", FAST_COPY, slow) for module in (execute_state, state_map, state_task_service)),
        *(
            Correction(import_module(name), "boto_client_for", make_client, "a new client per Task is half its time")
            for name in _MODULES_WITH_CLIENTS
        ),
        Correction(AmazonStateLanguageParser, "parse", staticmethod(parse), "a machine is parsed for each execution"),
        Correction(
            EvalComponent,
            "heap_key",
            property(lambda self: str(id(self))),
            "made on first use without a lock: two iterations can get two keys, and a retry too many",
        ),
        Correction(EvalComponent, "_log_failure_event_exception", _say_nothing, log),
        Correction(EvalComponent, "_log_exception", _say_nothing, log),
    ]
