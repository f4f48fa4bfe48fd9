"""What of a request's references can be known before anything runs: whom they name, where they stand, what they fit.

Sound: what is refused here could not have worked, whichever candidate answers the earlier call. What nobody can know
before there is a result is accepted, and decided when the call begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from tool_contract.call_ids import call_ids
from tool_contract.errors import ErrorCode
from tool_contract.limits import MAX_DETAILS, MAX_FALLBACKS, MAX_REFERENCES, MAX_RESULT_DEPTH
from tool_contract.problems import Problem, close_names, json_pointer, shortened
from tool_contract.references import (
    FROM,
    POINTER,
    SHAPE,
    Reference,
    index_of,
    is_pointer,
    names_a_secret,
    places_of,
    tokens_of,
    told,
)
from tool_contract.schema_fit import why_unfit, words
from tool_contract.schema_places import at_path, at_pointer, fields_at
from tool_contract.secret_fields import BY_NAME, secret_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tool_contract.catalog import Catalog
    from tool_contract.request import ExecutionRequest
    from tool_contract.secret_fields import Path
    from tool_contract.tool_spec import ToolSpec

_WHOLE: Final = "Refer to a whole array or object, rather than to each of its parts."
_SECRET: Final = "A secret is given in the request, by its name: no result can stand in its place."  # noqa: S105 - a sentence
NO_KEY: Final = "An idempotency key is known before anything runs: a reference may stand inside of an input alone."


@dataclass(frozen=True)
class _Candidate:
    """A call or a fallback as it was sent, however broken: where it stands, and its tool where the catalog has it."""

    pointer: str
    value: Mapping[str, Any]
    spec: ToolSpec | None

    @property
    def references(self) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
        """Whatever is meant to be a reference, and where it stands in the input."""
        tool_input = self.value.get("input")
        yield from places_of(tool_input) if isinstance(tool_input, dict) else ()

    @cached_property
    def secrets(self) -> tuple[frozenset[Path], frozenset[Path]]:
        """Where the input takes a secret, and where nothing else: found once, for each reference is held against it."""
        places = [] if self.spec is None else secret_places(self.spec.input_schema, self.value["input"])
        return frozenset(path for path, _ in places), frozenset(path for path, plain in places if not plain)


@dataclass(frozen=True, slots=True)
class _Call:
    call_id: str
    candidates: tuple[_Candidate, ...]


class _Hints:
    """Finds close names for so many problems as are told anyway: to find one takes longer than to see what is wrong."""

    def __init__(self) -> None:
        self._left = MAX_DETAILS

    def close_names(self, name: str, known: Iterable[str]) -> str | None:
        self._left -= 1
        return None if self._left < 0 else close_names(name, known)


def reference_problems(calls: object, mode: object, catalog: Catalog) -> list[Problem]:
    """Return everything that is wrong with the references of a request's calls; pointers are into the request."""
    listed = _listed(calls, catalog)
    count = sum(1 for call in listed for candidate in call.candidates for _ in candidate.references)
    if count > MAX_REFERENCES:
        message = f"The inputs hold {count:,} references to results; {MAX_REFERENCES:,} fit into a request."
        return [_problem("/calls", message, _WHOLE), *_key_problems(listed)]
    hints = _Hints()
    return [
        problem
        for position, call in enumerate(listed)
        for candidate in call.candidates
        for path, held in candidate.references
        for problem in _problems_of(path, held, candidate, listed, position, mode, hints)
    ] + list(_key_problems(listed))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one field of a call's input comes from, for people: what stands there, and what is needed.

    ``candidate`` is 0 for the call itself, then its fallbacks'. ``may_fail_for`` are tools among the earlier call's
    candidates whose result cannot be used here.
    """

    call_id: str
    candidate: int
    reference: Reference
    gives: str
    needs: str
    may_fail_for: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "call_id": self.call_id,
            "candidate": self.candidate,
            "input": self.reference.place,
            "from": self.reference.call_id,
            "pointer": self.reference.pointer,
            "gives": self.gives,
            "needs": self.needs,
            "may_fail_for": list(self.may_fail_for),
        }


def origins(request: ExecutionRequest, catalog: Catalog) -> list[Origin]:
    """Return where the referring fields of a checked request come from, in the order of its calls."""
    listed = _listed([call.model_dump(mode="json") for call in request.calls], catalog)
    by_id = {call.call_id: call for call in listed}
    return [
        _origin(call.call_id, number, candidate, Reference(path, held[FROM], held.get(POINTER, "")), by_id)
        for call in listed
        for number, candidate in enumerate(call.candidates)
        for path, held in candidate.references
    ]


def _origin(
    call_id: str, number: int, candidate: _Candidate, reference: Reference, by_id: Mapping[str, _Call]
) -> Origin:
    tokens, earlier = tokens_of(reference.pointer), by_id[reference.call_id]
    specs = [each.spec for each in earlier.candidates if each.spec is not None]
    wanted = [] if candidate.spec is None else at_path(candidate.spec.input_schema, reference.path)
    gives = words([place for spec in specs for place in at_pointer(spec.output_schema, tokens)])
    failing = [spec.name for spec in specs if _why_not(spec, tokens, candidate.spec, reference.path) is not None]
    return Origin(call_id, number, reference, gives, words(wanted), tuple(dict.fromkeys(failing)))


def _listed(calls: object, catalog: Catalog) -> list[_Call]:
    values = [call if isinstance(call, dict) else {} for call in (calls if isinstance(calls, list) else [])]
    given = [call.get("call_id") for call in values]
    ids = call_ids([call_id if isinstance(call_id, str) else None for call_id in given])
    return [_call(f"/calls/{number}", name, call, catalog) for number, (name, call) in enumerate(zip(ids, values))]  # noqa: B905 - ids are as many


def _call(pointer: str, call_id: str, call: Mapping[str, Any], catalog: Catalog) -> _Call:
    fallbacks = call.get("fallbacks")
    listed = fallbacks[:MAX_FALLBACKS] if isinstance(fallbacks, list) else []  # of more the request is refused anyway
    places = [(pointer, call), *((f"{pointer}/fallbacks/{number}", each) for number, each in enumerate(listed))]
    return _Call(
        call_id,
        tuple(_Candidate(place, each, _spec(each, catalog)) for place, each in places if isinstance(each, dict)),
    )


def _spec(candidate: Mapping[str, Any], catalog: Catalog) -> ToolSpec | None:
    name = candidate.get("tool_name")
    return catalog.by_name.get(name) if isinstance(name, str) else None


def _problems_of(
    path: tuple[str | int, ...],
    held: Mapping[str, Any],
    candidate: _Candidate,
    calls: Sequence[_Call],
    position: int,
    mode: object,
    hints: _Hints,
) -> Iterator[Problem]:
    place = f"{candidate.pointer}/input{json_pointer(path)}"
    if _stands_for_a_secret(path, candidate):
        yield Problem(pointer=place, message=_SECRET, error_code=ErrorCode.SECRET_IN_REQUEST, hint=BY_NAME)
        return
    if mode != "sequence":
        message = "Calls that run beside each other know nothing of each other's results: this needs a sequence."
        yield _problem(place, message, 'Give the request "mode": "sequence".')
    misshapen = list(_misshapen(held))
    yield from (problem.under(place) for problem in misshapen)
    if isinstance(held[FROM], str):
        yield from _problems_of_name(f"{place}/{FROM}", held[FROM], calls, position, hints)
    if misshapen:
        return
    reference = Reference(path, held[FROM], held.get(POINTER, ""))
    earlier = next((call for call in calls[:position] if call.call_id == reference.call_id), None)
    if earlier is not None:
        yield from _problems_of_type(place, reference, candidate, earlier, hints)


def _misshapen(held: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(held[FROM], str):
        yield _problem(f"/{FROM}", "A reference names an earlier call by its call_id, which is text.", SHAPE)
    if not is_pointer(held.get(POINTER, "")):
        message = "This is no JSON pointer: each of its parts begins with '/', and '~' stands in them as '~0' or '~1'."
        yield _problem(f"/{POINTER}", message, SHAPE)
    elif (parts := held.get(POINTER, "").count("/")) > MAX_RESULT_DEPTH:
        message = f"The pointer has {parts:,} parts, and no result has more than {MAX_RESULT_DEPTH} levels."
        yield _problem(f"/{POINTER}", message)
    for name in held.keys() - {FROM, POINTER}:
        message = f"A reference has {FROM!r} and {POINTER!r} and no other field."
        yield _problem(json_pointer((name,)), message, SHAPE)


def _problems_of_name(
    pointer: str, name: str, calls: Sequence[_Call], position: int, hints: _Hints
) -> Iterator[Problem]:
    earlier, hint = [call.call_id for call in calls[:position]], None
    if name in earlier:
        return
    if name == calls[position].call_id:
        message = f"The call {shortened(name)!r} refers to its own result."
    elif any(call.call_id == name for call in calls):
        message = f"The call {shortened(name)!r} runs after this one: a reference leads to an earlier call."
    else:
        message, hint = f"There is no earlier call {shortened(name)!r}.", hints.close_names(name, earlier)
    yield _problem(pointer, message, hint)


def _stands_for_a_secret(path: Path, candidate: _Candidate) -> bool:
    """Whether a reference stands where only a secret's may, or inside of such a place."""
    if names_a_secret(Reference(path, "", "")):
        return True
    places, only = candidate.secrets
    return path in only or any(path[:length] in places for length in range(len(path)))


def _problems_of_type(
    place: str, reference: Reference, candidate: _Candidate, earlier: _Call, hints: _Hints
) -> Iterator[Problem]:
    """Complain where no candidate of the earlier call can give what is needed; the call's own tool's words are told."""
    tokens = tokens_of(reference.pointer)
    specs = [each.spec for each in earlier.candidates if each.spec is not None]
    reasons = [_why_not(spec, tokens, candidate.spec, reference.path) for spec in specs]
    if not reasons or None in reasons or len(specs) < len(earlier.candidates):
        return
    pointer, reason = (f"{place}/{POINTER}", reasons[0]) if reference.pointer else (place, reasons[0])
    hint = _hint_to(specs[0].output_schema, tokens, hints)
    yield _problem(pointer, f"The result of {reference.call_id!r} {reason}.", hint)


def _hint_to(schema: Mapping[str, Any], tokens: Sequence[str], hints: _Hints) -> str | None:
    """Return what may be meant where the tokens lead nowhere."""
    reached, fields = fields_at(schema, tokens)
    if reached == len(tokens):
        return None
    lists = any(place.get("type") == "array" for place in at_pointer(schema, tokens[:reached]))
    if not lists or index_of(tokens[reached]) is not None:
        return hints.close_names(tokens[reached], fields)
    there = json_pointer(tokens[:reached])
    return f"An array is at {told(there)}: next is an index, such as 0, as in {told(there + '/0')}."


def _why_not(spec: ToolSpec, tokens: Sequence[str], wanting: ToolSpec | None, path: Sequence[str | int]) -> str | None:
    """Return why a tool's result cannot stand at a place of another's input, as the end of a sentence, or None."""
    given = at_pointer(spec.output_schema, tokens)
    where = told(json_pointer(tokens))
    if not given:
        return f"({spec.name}) never has anything at {where}"
    wanted = [] if wanting is None else at_path(wanting.input_schema, path)
    if wanting is None or not wanted:
        return None  # the place itself is wrong, and is complained about where inputs are checked
    reason = why_unfit(given, spec.output_schema, wanted, wanting.input_schema)
    if reason is None:
        return None
    return f"({spec.name}) has at {where} {reason}" if tokens else f"({spec.name}) is {reason}"


def _key_problems(calls: Sequence[_Call]) -> Iterator[Problem]:
    for call in calls:
        for candidate in call.candidates[:1]:
            key = candidate.value.get("idempotency_key")
            if isinstance(key, dict) and FROM in key:
                yield _problem(f"{candidate.pointer}/idempotency_key", NO_KEY)


def _problem(pointer: str, message: str, hint: str | None = None) -> Problem:
    return Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)
