"""``tool-executor show``: what happened in an execution, as a picture and in words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tool_contract import strict_json
from tool_contract.envelope import CallStatus
from tool_contract.problems import close_names, shortened
from tool_contract.record import EXECUTION_CALL_ID, envelope_from_record
from tool_executor.cli import options
from tool_executor.cli.console import calls_of, out, plain, print_json, styled_status
from tool_executor.cli.timeline_page import folded_words, picture, split, words
from tool_executor.cli.where import chosen
from tool_executor.console_links import is_on_aws, links_of
from tool_executor.errors import ExecutionNotFoundError, ResultUnavailableError
from tool_executor.history import History
from tool_executor.result_reader import ResultReader
from tool_executor.timeline import timeline_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.cli.where import Where
    from tool_executor.history import Record
    from tool_executor.timeline import CallLine, Timeline

#: Attributes that hold JSON as text.
_JSON_TEXTS: Final = (
    "input",
    "input_ref",
    "fallbacks",
    "fallbacks_ref",
    "resolved_input",
    "resolved_input_ref",
    "result",
    "result_ref",
    "details",
    "attempt_log",
    "metadata",
    "failure_metadata",
)


class CallNotFoundError(ExecutionNotFoundError):
    """The execution has no call of that id."""

    code = "CallNotFound"


def show(
    execution_id: options.ExecutionId,
    *,
    calls: Annotated[
        str | None, typer.Option("--calls", metavar="C1,C2", help="These calls alone, each with its words.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only calls that have ended without a result.")] = False,
    unfolded: Annotated[
        bool, typer.Option("--all", help="Fold nothing: a line for each of however many calls.")
    ] = False,
    result: Annotated[
        str | None, typer.Option("--result", metavar="CALL_ID", help="Print this call's result, whole, as JSON.")
    ] = None,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Show an execution over time: who waited, who ran, who was tried again, and why.

    On AWS, links to its states and its trace in AWS's console stand below.

    Examples:

      tool-executor show 0b54e3f2-7c1e-4f8e-a7a5-5d3ce4c4f0aa

      tool-executor show nightly-2026-11-20 --failed --stage prod

      tool-executor show nightly-2026-11-20 --result c2 > result.json

    Exit code: 0; 2 if there is no such execution, call or result, or AWS could not be called.
    """
    with chosen(local=local, stage=stage, region=region) as where:
        records = History(where.aws, where.deployment.history_table).execution(execution_id)
        if not records:
            message = f"The history holds no execution {execution_id!r}."
            raise ExecutionNotFoundError(message, hint="'tool-executor history' lists today's executions.")
        if result is not None:
            print_json(_result(where, records, result))
            return
        own = next((record for record in records if record["call_id"] == EXECUTION_CALL_ID), None)
        links = links_of(own) if own is not None and is_on_aws(where.aws) else {}
    wanted = _wanted(records, calls, failed=failed)
    timeline = timeline_of(records, time.time_ns() // 1_000_000)
    if as_json:
        print_json(_to_json(timeline, wanted) | ({"links": links} if links else {}))
        return
    lines = [line for line in timeline.lines if line.call_id in wanted]
    _print(timeline, lines, every=calls is not None, unfolded=unfolded or calls is not None)
    for what, link in links.items():
        out.print(f"{what}: {link}", soft_wrap=True, markup=False, highlight=False)


def _wanted(records: Sequence[Record], calls: str | None, *, failed: bool) -> set[str]:
    ended_badly = {CallStatus.FAILED, CallStatus.TIMEOUT, CallStatus.SKIPPED, CallStatus.CANCELLED}
    wanted = {
        record["call_id"]
        for record in records
        if record["call_id"] != EXECUTION_CALL_ID and (not failed or CallStatus(record["status"]) in ended_badly)
    }
    if calls is None:
        return wanted
    named = [name.strip() for name in calls.split(",") if name.strip()]
    for name in named:
        _call(records, name)
    return wanted & set(named)


def _call(records: Sequence[Record], call_id: str) -> Record:
    by_id = {record["call_id"]: record for record in records if record["call_id"] != EXECUTION_CALL_ID}
    if call_id not in by_id:
        message = f"The execution has no call {shortened(call_id)!r}."
        raise CallNotFoundError(message, hint=close_names(call_id, by_id))
    return by_id[call_id]


def _result(where: Where, records: Sequence[Record], call_id: str) -> Any:  # noqa: ANN401 - JSON is any value
    record = _call(records, call_id)
    envelope = envelope_from_record(record)
    if not envelope.success:
        message = f"The call {call_id} has no result: it is {envelope.status}. {envelope.error_code}: {envelope.error}"
        raise ResultUnavailableError(message)
    if envelope.result_ref is not None:
        return ResultReader(where.aws).read(envelope.result_ref)
    return envelope.result


_ROUTES: Final = {"direct": ", directly", "express": ", by Express"}


def _print(timeline: Timeline, lines: Sequence[CallLine], *, every: bool, unfolded: bool) -> None:
    _print_heading(timeline)
    if not lines:
        out.print("No such calls in it." if timeline.lines else "It has no calls yet.")
        return
    shown, folded = (list(lines), []) if unfolded else split(lines)
    out.print()
    for text in picture(timeline, shown, folded, out.width):
        out.print(text, no_wrap=True, crop=False, overflow="ignore")
    for text in words(shown, out.width, every=every):
        out.print(text, soft_wrap=True)
    if folded:
        out.print(f"\n{folded_words(folded)} --all shows a line for each.", markup=False, highlight=False)


def _print_heading(timeline: Timeline) -> None:
    own = timeline.execution
    if own is None:
        return
    took = f"{timeline.length_ms / 1000:.2f} s" + ("" if "finished_at" in own else " so far")
    route = _ROUTES.get(str(own.get("route")), "")
    out.print(f"Execution {plain(own['execution_id'])}: {styled_status(str(own['status']))} in {took}", soft_wrap=True)
    out.print(f"{own['mode']} of {calls_of(own['calls'])}{route}, started {own['started_at']}", highlight=False)


def _to_json(timeline: Timeline, wanted: set[str]) -> dict[str, Any]:
    own = None if timeline.execution is None else _parsed(timeline.execution)
    return {"execution": own, "calls": [_call_json(line) for line in timeline.lines if line.call_id in wanted]}


def _call_json(line: CallLine) -> dict[str, Any]:
    stretches = [
        {"kind": one.kind.name.lower(), "from_ms": one.from_ms, "to_ms": one.to_ms, "candidate": one.candidate}
        for one in line.stretches
    ]
    return {
        **_parsed(line.record),
        "timeline": {"began_ms": line.began_ms, "after": line.after, "stretches": stretches},
    }


def _parsed(record: Record) -> dict[str, Any]:
    return {
        name: strict_json.parse(value) if name in _JSON_TEXTS and isinstance(value, str) else value
        for name, value in record.items()
    }
