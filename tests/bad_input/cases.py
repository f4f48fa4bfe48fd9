"""Bad requests, as data: what each gate must say of each.

A case is the text that is sent, the pointers of its problems, and their code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from tool_contract.limits import MAX_CALLS, MAX_STATE_BYTES

CALL: Final[dict[str, Any]] = {"tool_name": "typed", "input": {"code": "AB123"}}
#: Integers of so many digits are beyond what Python reads.
DIGITS: Final = "9" * 4_301


@dataclass(frozen=True)
class Case:
    """A bad request and what is said of it: the problems' pointers, all of one code.

    ``at_the_tool``: the tool's function can be asked the same. ``refused_as``: StartExecution does not take it, by this
    error. ``unreadable``: no text of the contract's JSON, of which a file's reader says one sentence. ``by_reference``:
    Step Functions changes it on its way to the planner, so that only a request in S3 gets there as it was sent.
    """

    name: str
    text: str
    pointers: tuple[str, ...]
    code: Literal["InvalidRequest", "InvalidInput", "ToolNotFound"] = "InvalidRequest"
    at_the_tool: bool = False
    refused_as: str | None = None
    unreadable: bool = False
    by_reference: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def tool_event(self) -> str:
        """The text by which the tool's function is invoked for the request's one call."""
        return self.text.removeprefix('{"calls": [').removesuffix("]}")

    @property
    def tool_pointers(self) -> tuple[str, ...]:
        """Where the tool finds the same problems: seen from the input, or from its event."""
        return tuple(
            pointer.removeprefix("/calls/0/input") if "/input" in pointer else pointer.removeprefix("/calls/0")
            for pointer in self.pointers
        )


def _case(name: str, value: object, *pointers: str, **more: Any) -> Case:
    return Case(name, json.dumps(value), pointers, **more)


def _call(name: str, pointer: str, **changes: Any) -> Case:
    return _case(name, {"calls": [{**CALL, **changes}]}, f"/calls/0{pointer}")


def _request(name: str, pointer: str, **changes: Any) -> Case:
    return _case(name, {"calls": [CALL], **changes}, pointer)


def _named(name: str, tool_name: object, code: Any = "ToolNotFound") -> Case:
    value = {"calls": [{"tool_name": tool_name, "input": {}}]}
    return _case(name, value, "/calls/0/tool_name", code=code, at_the_tool=True)


def _input(name: str, pointer: str, *, by_reference: bool = False, **fields: Any) -> Case:
    value = {"calls": [{"tool_name": "typed", "input": {"code": "AB123", **fields}}]}
    told = (f"/calls/0/input{pointer}",)
    return Case(name, json.dumps(value), told, "InvalidInput", at_the_tool=True, by_reference=by_reference)


def _whole_input(name: str, tool_input: object) -> Case:
    value = {"calls": [{"tool_name": "typed", "input": tool_input}]}
    return _case(name, value, "/calls/0/input", code="InvalidInput", at_the_tool=True)


def _raw(name: str, value: str, pointer: str = "/amount", **more: Any) -> Case:
    text = '{"calls": [{"tool_name": "typed", "input": {"code": "AB123", "' + pointer[1:] + '": ' + value + "}}]}"
    return Case(name, text, (f"/calls/0/input{pointer}",), "InvalidInput", at_the_tool=True, **more)


def _deep(levels: int) -> str:
    return '{"calls": [{"tool_name": "typed", "input": {"code": ' + "[" * levels + "]" * levels + "}}]}"


def _of_bytes(size: int) -> str:
    """Return a request of so many bytes, and of about half as many characters."""
    frame = len('{"calls": ""}')
    return '{"calls": "' + "ü" * ((size - frame) // 2) + "x" * ((size - frame) % 2) + '"}'


REQUESTS: Final = (
    _case("an array", [], ""),
    _case("null", None, ""),
    _case("a text", "{}", ""),
    _case("calls missing", {}, "/calls"),
    _case("calls an object", {"calls": {}}, "/calls"),
    _case("calls empty", {"calls": []}, "/calls"),
    _case("251 calls", {"calls": [CALL] * (MAX_CALLS + 1)}, "/calls"),
    _case("a call that is a number", {"calls": [1]}, "/calls/0"),
    _case("a call_id twice", {"calls": [{**CALL, "call_id": "a"}] * 2}, "/calls/1/call_id"),
    _case("no tool name", {"calls": [{"input": {}}]}, "/calls/0/tool_name"),
    _request("unknown field", "/surprise", surprise=1),
    _call("unknown field of a call", "/timeout_secs", timeout_secs=1),
    _call("timeout 0", "/timeout_seconds", timeout_seconds=0),
    _call("timeout -1", "/timeout_seconds", timeout_seconds=-1),
    _call("timeout 1e9", "/timeout_seconds", timeout_seconds=1e9),
    _call("timeout as text", "/timeout_seconds", timeout_seconds="10"),
    _request("the execution's timeout 0", "/timeout_seconds", timeout_seconds=0),
    _request("the execution's timeout -1", "/timeout_seconds", timeout_seconds=-1),
    _request("the execution's timeout 1e9", "/timeout_seconds", timeout_seconds=1e9),
    _request("the execution's timeout as text", "/timeout_seconds", timeout_seconds="10"),
    _call("negative retries", "/max_retries", max_retries=-1),
    _call("jitter 2", "/retry/jitter", retry={"jitter": 2}),
    _call("delays the wrong way round", "/retry", retry={"initial_delay_seconds": 5, "max_delay_seconds": 1}),
    _call("a key of 2 KB", "/idempotency_key", idempotency_key="k" * 2_048),
    _call("an empty key", "/idempotency_key", idempotency_key=""),
    _call("a call_id with a path", "/call_id", call_id="../c1"),
    _call("a call_id of 10 KB", "/call_id", call_id="c" * 10_000),
    _call("a call_id with NUL", "/call_id", call_id="c\x00"),
    _request("a reference to nothing", "/request_ref", request_ref={}),
)

NAMES: Final = (
    _named("a misspelt tool", "tiped"),
    _named("a tool name with a path", "../typed"),
    _named("a tool name of 10 KB", "x" * 10_000),
    _named("a tool name with NUL", "typed\x00"),
    _named("a tool name of blanks", "  "),
    _named("an empty tool name", "", "InvalidRequest"),
    _named("a number for a tool name", 7, "InvalidRequest"),
    _named("null for a tool name", None, "InvalidRequest"),
    _named("an array for a tool name", ["typed"], "InvalidRequest"),
)

INPUTS: Final = (
    _case("no input", {"calls": [{"tool_name": "typed"}]}, "/calls/0/input", code="InvalidInput"),
    _whole_input("an input that is an array", []),
    _whole_input("an input that is null", None),
    _whole_input("an input that is text", "{}"),
    _input("an unknown field of an input", "/day_", day_="2026-02-28"),
    _input("an integer that is negative", "/amount", amount=-1),
    _input("true for an integer", "/amount", amount=True),
    _input("text for an integer", "/amount", amount="5"),
    _input("5.0 for an integer", "/amount", amount=5.0, by_reference=True),
    _input("10^40", "/amount", amount=10**40),
    _input("text for a number", "/share", share="0.5"),
    _input("a number above its maximum", "/share", share=1.1),
    _input("half a surrogate pair", "/tags/0", tags=["\ud800"]),
    _input("a NUL", "/code", code="AB123\x00"),
    _input("a line's end", "/code", code="AB123\n"),
    _input("blanks for a text", "/code", code="     "),
    _input("a text of 200 KB", "/code", code="x" * 200_000),
    _input("a text of 2 MB", "/code", code="x" * 2_000_000, by_reference=True),
    _input("the 30th of February", "/day", day="2026-02-30"),
    _input("a date that is a number", "/day", day=20261120),
    _input("a number among texts", "/tags/1", tags=["a", 1]),
    _raw("NaN", "NaN", refused_as="InvalidExecutionInput", unreadable=True),
    _raw("Infinity", "Infinity", refused_as="InvalidExecutionInput", unreadable=True),
    _raw("1e999", "1e999", by_reference=True),
    _raw("an integer of 4,301 digits", DIGITS, refused_as="InvalidExecutionInput", unreadable=True),
)

#: What no gate can point into.
TEXTS: Final = (
    Case("no JSON", "{", ("",), refused_as="InvalidExecutionInput", unreadable=True),
    Case("nothing", "", ("",), refused_as="InvalidExecutionInput", unreadable=True),
    Case("65 levels deep", _deep(65), ("",), at_the_tool=True, unreadable=True),
    Case("5,000 levels deep", _deep(5_000), ("",), refused_as="InvalidExecutionInput", unreadable=True),
    Case("a key twice", '{"calls": [], "calls": []}', ("/request_ref",), by_reference=True, unreadable=True),
    Case("a byte too many", _of_bytes(MAX_STATE_BYTES + 1), ("/calls",), refused_as="ValidationException"),
)

ALL: Final = (*REQUESTS, *NAMES, *INPUTS, *TEXTS)
