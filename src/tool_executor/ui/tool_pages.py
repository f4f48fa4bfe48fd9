"""The tools, and the form that runs one: made from its JSON Schema, with JSON for what a form cannot say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import RedirectResponse

from tool_contract import strict_json
from tool_executor.errors import InvalidRequestError, ToolNotFoundError
from tool_executor.ui.call_pages import asked_beside, asked_input, record_of
from tool_executor.ui.form_values import (
    LEFT_OUT,
    fits,
    place_of,
    row_count,
    row_number,
    texts_of,
    under,
    unreadable,
    value_of,
    with_row,
    without_row,
)
from tool_executor.ui.rendering import render
from tool_executor.ui.shapes import Shape, shape_of, told
from tool_executor.ui.starting import Problems, at_places, new_run_id, problems_of, run_id_of, start
from tool_executor.ui.submitted import submitted
from tool_executor.ui.words import pretty, segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from tool_contract.catalog import Catalog
    from tool_contract.tool_spec import ToolSpec
    from tool_executor.ui.place import Found

_INPUT: Final = "/calls/0/input"
_CALL: Final = "/calls/0"
JSON_FIELD: Final = "input_json"


@dataclass(frozen=True)
class RunForm:
    """The form of one tool with what has been typed into it, and what is wrong with that.

    ``json_text`` is None where the form has fields; else it is the whole input. ``problems`` are by pointer into the
    input, ``other_problems`` by pointer into the call. ``focus`` is the pointer of what is to be typed next.
    """

    spec: ToolSpec
    texts: Mapping[str, str] = field(default_factory=dict)
    json_text: str | None = None
    run_id: str = field(default_factory=new_run_id)
    problems: Problems = field(default_factory=dict)
    other_problems: Problems = field(default_factory=dict)
    focus: str | None = None

    @property
    def shape(self) -> Shape:
        """What the form is like."""
        return shape_of(self.spec.input_schema)

    def text(self, name: str) -> str:
        """Return what a field holds."""
        return self.texts.get(name, "")

    def rows(self, pointer: str) -> int:
        """Return how many rows a list has."""
        return row_count(self.texts, pointer)

    def place_of(self, pointer: str) -> str:
        """Return the id of the field to go to for a problem; empty where the form has none."""
        if self.json_text is not None:
            return JSON_FIELD
        place = place_of(self.shape, self.texts, pointer)
        return f"f{place}" if place else ""

    def problems_at(self, pointer: str, *, within: bool = False) -> list[str]:
        """Return what is wrong at a place; ``within`` it too, where its parts have no places of their own."""
        at = list(self.problems.get(pointer, ()))
        if within:
            for other, sentences in self.problems.items():
                if other.startswith(f"{pointer}/"):
                    at += [f"{other.removeprefix(pointer)}: {sentence}" for sentence in sentences]
        return at


async def tools(request: Request) -> Response:
    """List the tools."""
    catalog = await request.app.state.place.catalog()
    groups: dict[str, list[ToolSpec]] = {}
    for spec in sorted(catalog.tools, key=lambda one: (one.group, one.name)):
        groups.setdefault(spec.group, []).append(spec)
    return render(request, "tools.html", groups=groups)


async def tool(request: Request) -> Response:
    """Show a tool and its form: empty, or with the input of the call that ``execution`` and ``call`` name."""
    place, query = request.app.state.place, request.query_params
    spec = _spec(await place.catalog(), request.path_params["tool_name"])
    form = RunForm(spec)
    if "execution" in query and "call" in query:
        form = await place.ask(lambda found: _filled_as(spec, found, query["execution"], query["call"]))
    return _shown(request, form)


async def run_tool(request: Request) -> Response:
    """Start what the form says, and go to the execution's page; or show the form again, changed or with problems."""
    place, texts = request.app.state.place, await submitted(request)
    spec = _spec(await place.catalog(), request.path_params["tool_name"])
    form = RunForm(spec, texts, texts.get(JSON_FIELD), run_id_of(texts))
    changed = _changed(form, texts)
    if changed is not None:
        return _shown(request, changed)
    try:
        asked = _request(form)
        execution_id = await place.ask(lambda found: start(found, place, asked, form.run_id))
    except InvalidRequestError as error:
        return _shown(request, _with_problems(form, problems_of(error)), HTTPStatus.BAD_REQUEST)
    return RedirectResponse(f"/executions/{segment(execution_id)}", HTTPStatus.SEE_OTHER)


def _spec(catalog: Catalog, name: str) -> ToolSpec:
    if name not in catalog.by_name:
        problem = catalog.unknown_tool(name)
        raise ToolNotFoundError(problem.message, [problem.as_detail()], hint=problem.hint)
    return catalog.by_name[name]


def _filled_as(spec: ToolSpec, found: Found, execution_id: str, call_id: str) -> RunForm:
    """Return the form that asks for what a call asked for."""
    record = record_of(found, execution_id, call_id)
    given, beside, shape = asked_input(found, record), asked_beside(record), shape_of(spec.input_schema)
    if fits(shape, given):
        return RunForm(spec, {**beside, **texts_of(shape, given)})
    return RunForm(spec, beside, json_text=pretty(given))


def _changed(form: RunForm, texts: Mapping[str, str]) -> RunForm | None:
    """Return the form with what a button of it changes; None where the button runs the tool."""
    fresh = RunForm(form.spec, texts, run_id=form.run_id)
    if pointer := texts.get("add"):
        added = under(pointer, row_count(texts, pointer))
        return replace(fresh, texts=with_row(texts, pointer), focus=added)
    if pointer := texts.get("remove"):
        above, _, number = pointer.rpartition("/")
        gone = row_number(number)
        return fresh if gone is None else replace(fresh, texts=without_row(texts, above, gone))
    if texts.get("as") == "json":
        if problems := list(unreadable(form.shape, texts)):
            return replace(fresh, problems=at_places(problems))
        value = value_of(form.shape, texts)
        return replace(fresh, json_text=pretty({} if value is LEFT_OUT else value))
    if texts.get("as") == "form":
        return _as_fields(form)
    return None


def _as_fields(form: RunForm) -> RunForm:
    kept = {name: text for name, text in form.texts.items() if name in _OPTIONS}
    try:
        value = strict_json.parse(form.json_text or "{}")
    except strict_json.JsonError as error:
        return replace(form, problems={"": [str(error)]})
    if not fits(form.shape, value):
        return replace(form, problems={"": ["The form's fields cannot say this input: it stays JSON."]})
    return RunForm(form.spec, {**kept, **texts_of(form.shape, value)}, run_id=form.run_id)


#: Fields beside the input, each with its place in the request, and whether it is a number.
_OPTIONS: Final = {
    "correlation_id": ("/correlation_id", False),
    "caller": ("/caller", False),
    "timeout_seconds": ("/calls/0/timeout_seconds", True),
    "max_retries": ("/calls/0/max_retries", True),
    "use_cache": ("/calls/0/use_cache", False),
}


def _request(form: RunForm) -> dict[str, Any]:
    """Return the request that a form says. Raises InvalidRequestError where its JSON is none."""
    call: dict[str, Any] = {"call_id": "c1", "tool_name": form.spec.name, "input": _input(form)}
    request: dict[str, Any] = {}
    for name, (pointer, is_number) in _OPTIONS.items():
        text = form.text(name).strip()
        if text and name != "use_cache":
            (call if pointer.startswith(_CALL) else request)[name] = _number(text) if is_number else text
    if form.text("use_cache") == "no":
        call["use_cache"] = False
    return {**request, "calls": [call]}


def _input(form: RunForm) -> Any:  # noqa: ANN401 - JSON is any value
    if form.json_text is None:
        if problems := list(unreadable(form.shape, form.texts)):
            told = [{**problem, "pointer": _INPUT + problem["pointer"]} for problem in problems]
            raise InvalidRequestError("The input cannot be read.", told)
        return value_of(form.shape, form.texts)
    try:
        return strict_json.parse(form.json_text)
    except strict_json.JsonError as error:
        problem = {"pointer": _INPUT + error.problem.pointer, "message": str(error)}
        raise InvalidRequestError("The input cannot be read.", [problem]) from None


def _number(text: str) -> Any:  # noqa: ANN401 - a number, or the text that is none
    try:
        return strict_json.parse(text)
    except strict_json.JsonError:
        return text


def _with_problems(form: RunForm, problems: list[dict[str, str]]) -> RunForm:
    of_input = [problem for problem in problems if problem["pointer"].startswith(_INPUT)]
    others = [problem for problem in problems if not problem["pointer"].startswith(_INPUT)]
    return replace(form, problems=at_places(of_input, _INPUT), other_problems=at_places(others))


def _shown(request: Request, form: RunForm, status: int = HTTPStatus.OK) -> Response:
    return render(request, "tool.html", status, form=form, spec=form.spec, told=told, under=under, options=_OPTIONS)
