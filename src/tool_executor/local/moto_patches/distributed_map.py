"""Distributed Maps, and the map runs and child executions that Step Functions tells of."""

from __future__ import annotations

from typing import Any, Final

from moto.stepfunctions.exceptions import ResourceNotFound
from moto.stepfunctions.models import StepFunctionBackend
from moto.stepfunctions.parser.api import HistoryEventType, MapRunStartedEventDetails
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends
from moto.stepfunctions.responses import StepFunctionResponse

from tool_executor.local.map_runs.child import child_machine
from tool_executor.local.map_runs.definition import ATTRIBUTE, DistributedMap
from tool_executor.local.map_runs.failures import TOO_MANY_FAILED, map_failure
from tool_executor.local.map_runs.fields import MOST_CHILDREN, evaluated, number
from tool_executor.local.map_runs.map_run import MapRun
from tool_executor.local.map_runs.registry import MAP_RUNS
from tool_executor.local.map_runs.results import write_results
from tool_executor.local.map_runs.source import items_of
from tool_executor.local.moto_patches.correction import Correction
from tool_executor.local.moto_patches.executions import stepfunctions_action_result
from tool_executor.local.moto_patches.interpreter import client_factory
from tool_executor.local.moto_patches.jsonata_evaluation import event_details

_PAGE: Final = 100
_MOST_ITEMS: Final = 100_000_000
_original_eval = StateMap._eval_execution  # noqa: SLF001 - wrapped below
_original_describe = StepFunctionBackend.describe_execution
_original_list = StepFunctionResponse.list_executions


class _Evaluation:
    """A Distributed Map's evaluation in place of moto's, with one client of S3 for all."""

    def __init__(self, endpoint_url: str) -> None:
        self._client_for = client_factory(endpoint_url)

    def evaluate(self, state: Any, env: Any) -> None:  # noqa: ANN401 - moto's StateMap and Environment
        """Run the Map that a state is."""
        found: DistributedMap | None = vars(state).get(ATTRIBUTE)
        if found is None:
            _original_eval(state, env)
            return
        parent = _execution_of(env)
        s3 = self._client_for(parent.region_name, "s3")
        run = _begun(found, env, parent, s3)
        self._run(run, env, s3)

    @staticmethod
    def _run(run: MapRun, env: Any, s3: Any) -> None:  # noqa: ANN401 - as above
        _event(env, "MapRunStarted", mapRunStartedEventDetails=MapRunStartedEventDetails(mapRunArn=run.arn))
        run.run(env)
        if not env.is_running():
            run.close("ABORTED")
            return
        try:
            written = write_results(run, env, s3) if "ResultWriter" in run.found.fields else None
        except Exception:
            run.close("FAILED")
            raise
        if run.too_many_failed:
            run.close("FAILED")
            raise map_failure(env, TOO_MANY_FAILED, "The specified tolerated failure threshold was exceeded.")
        _event(env, "MapRunSucceeded")
        run.close("SUCCEEDED")
        env.stack.append([child.output for child in run.ended] if written is None else written)
        _event(env, "MapStateSucceeded")


def _begun(found: DistributedMap, env: Any, parent: Any, s3: Any) -> MapRun:  # noqa: ANN401 - moto's, a client
    fields = found.fields
    limits = {
        "maxConcurrency": number(fields, "MaxConcurrency", env, MOST_CHILDREN, 0),
        "toleratedFailureCount": number(fields, "ToleratedFailureCount", env, _MOST_ITEMS, None),
        "toleratedFailurePercentage": number(fields, "ToleratedFailurePercentage", env, 100, None),
    }
    _event(env, "MapStateStarted", mapStateStartedEventDetails={"length": 0})
    items = items_of(found, env, s3)
    if "ItemSelector" in fields:
        items = [_selected(fields["ItemSelector"], env, index, item) for index, item in enumerate(items)]
    machine = next(each for each in _machines(parent) if parent.state_machine.arn == each.arn)
    run = MapRun(found, parent, child_machine(machine, found), items, limits)
    MAP_RUNS.add(run)
    return run


def _selected(selector: Any, env: Any, index: int, item: str) -> str:  # noqa: ANN401 - JSON is any value
    from tool_executor.local.aws_json import compact, parse_json  # noqa: PLC0415 - of this alone

    env.states.context_object.context_object_data["Map"] = {"Item": {"Index": index, "Value": parse_json(item)}}
    return compact(evaluated(selector, env, "ItemSelector"))


def _event(env: Any, kind: str, **details: Any) -> None:  # noqa: ANN401 - moto's Environment
    told = {"event_details": event_details(**details)} if details else {}
    env.event_manager.add_event(context=env.event_history_context, event_type=HistoryEventType(kind), **told)


def _execution_of(env: Any) -> Any:  # noqa: ANN401 - moto's Environment and Execution
    arn = env.states.context_object.context_object_data["Execution"]["Id"]
    account, region = arn.split(":")[4], arn.split(":")[3]
    return _original_describe(stepfunctions_parser_backends[account][region], arn)


def _machines(parent: Any) -> Any:  # noqa: ANN401 - moto's
    return stepfunctions_parser_backends[parent.account_id][parent.region_name].state_machines


def _describe_execution(self: Any, execution_arn: str) -> Any:  # noqa: ANN401 - a method of moto's
    return MAP_RUNS.child(execution_arn) or _original_describe(self, execution_arn)


def _found(arn: str) -> MapRun:
    run = MAP_RUNS.get(arn)
    if run is None:
        raise ResourceNotFound(arn)
    return run


def _describe_map_run(self: Any, map_run_arn: str) -> dict[str, Any]:  # noqa: ANN401, ARG001 - a method of moto's
    return _found(map_run_arn).describe()


def _list_map_runs(self: Any, execution_arn: str) -> dict[str, Any]:  # noqa: ANN401 - a method of moto's
    self.describe_execution(execution_arn)
    return {"mapRuns": [run.listed() for run in MAP_RUNS.of_execution(execution_arn)]}


def _list_executions(self: Any) -> Any:  # noqa: ANN401 - a method of moto's
    arn = self._get_param("mapRunArn")
    if arn is None:
        return _original_list(self)
    wanted, token = self._get_param("statusFilter"), int(self._get_param("nextToken") or 0)
    children = [child for child in _found(arn).children if wanted in {None, child.status}]
    most = self._get_int_param("maxResults") or _PAGE
    page = [_listed(child) for child in children[token : token + most]]
    following = {"nextToken": str(token + most)} if token + most < len(children) else {}
    return stepfunctions_action_result({"executions": page, **following})


def _listed(child: Any) -> dict[str, Any]:  # noqa: ANN401 - ChildExecution
    told = {"executionArn": child.exec_arn, "name": child.name, "mapRunArn": child.map_run_arn, "itemCount": 1}
    times = {"startDate": child.start_date, **({"stopDate": child.stop_date} if child.stop_date else {})}
    return {**told, **times, "stateMachineArn": child.state_machine.arn, "status": child.status}


def corrections(endpoint_url: str) -> list[Correction]:
    """The corrections of this module."""
    evaluation = _Evaluation(endpoint_url)

    def eval_execution(self: Any, env: Any) -> None:  # noqa: ANN401 - a method of moto's
        evaluation.evaluate(self, env)

    children = "children of a Distributed Map are executions of their own"
    return [
        Correction(
            StateMap,
            "_eval_execution",
            eval_execution,
            "moto runs a Distributed Map's items inside of its own execution, and reads and writes no JSON Lines",
        ),
        Correction(StepFunctionBackend, "describe_execution", _describe_execution, children),
        Correction(StepFunctionResponse, "list_executions", _list_executions, children),
        Correction(StepFunctionsParserBackend, "describe_map_run", _describe_map_run, children),
        Correction(StepFunctionsParserBackend, "list_map_runs", _list_map_runs, children),
    ]
