"""Whether a value of one JSON Schema can ever be valid by another: what can be said before there is a value.

Sound, and not complete: where a reason is given, no value of the first is valid by the second. Where none is given,
nobody knows before there is a value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import SchemaError

from tool_contract.input_schema import InputSchema, UnsupportedSchemaError
from tool_contract.problems import shortened
from tool_contract.schema_places import Alternative, Places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_KINDS: Final = ("string", "integer", "number", "boolean", "array", "object", "null")
_WORDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
#: Formats of which one text can be two.
_FORMATS: Final = {"date": "day", "date-time": "day", "time": "time", "duration": "time", "uuid": "uuid"}
_DEEPEST: Final = 12
#: So many elements of an array are looked at one by one.
_ELEMENTS: Final = 8
_SHOWN: Final = 3
#: What compiling a schema raises that no gate can check: its own complaint, pydantic's of a reference without its
#: definition, Python's of a keyword whose value is of another type than the keyword has.
_NOT_COMPILED: Final = (UnsupportedSchemaError, SchemaError, TypeError, AttributeError)


def why_unfit(
    given: Sequence[Alternative], given_root: Mapping[str, Any], wanted: Sequence[Alternative], root: Mapping[str, Any]
) -> str | None:
    """Return why nothing of ``given`` can stand where one of ``wanted`` is needed, as part of a sentence; else None.

    The roots hold the definitions that the alternatives refer to.
    """
    fit = _Fit(given_root, root)
    reasons = [fit.why_not(one, other) for one in given for other in wanted]
    if None in reasons:
        return None
    telling = [reason for reason in reasons if reason]
    return telling[0] if telling else f"{words(given)} where {words(wanted)} is needed"


def words(places: Sequence[Alternative]) -> str:
    """Return what may stand at a place, for people."""
    kinds = {kind for place in places for kind in _kinds_of(place)}
    if len(kinds) == len(_KINDS):
        return "anything"
    if "number" in kinds:
        kinds -= {"integer"}
    return " or ".join(_WORDS[kind] for kind in _KINDS if kind in kinds)


class _Fit:
    """Compares schemas of two documents. A reason is a sentence's part; ``""`` says no more than the kinds do."""

    def __init__(self, given_root: Mapping[str, Any], wanted_root: Mapping[str, Any]) -> None:
        self._given = Places(given_root)
        self._wanted = Places(wanted_root)
        self._wanted_root = wanted_root
        # By identity: both sides' alternatives live as long as this object.
        self._reasons: dict[tuple[int, int], str | None] = {}

    def why_not(self, given: Alternative, wanted: Alternative, depth: int = 0) -> str | None:
        """Compare a pair once. Inside of its own comparison it is taken to fit: a reason is then one all the same."""
        pair = id(given), id(wanted)
        if pair not in self._reasons:
            self._reasons[pair] = None
            self._reasons[pair] = self._compared(given, wanted, depth)
        return self._reasons[pair]

    def _compared(self, given: Alternative, wanted: Alternative, depth: int) -> str | None:
        kinds = [kind for kind in _kinds_of(given) if any(_overlap(kind, other) for other in _kinds_of(wanted))]
        if _values_of(given) is None and _values_of(wanted) is None and not kinds:
            return ""
        finite = self._why_not_finite(given, wanted)
        if not kinds:
            return None if finite is None else ""
        if finite is not None or depth > _DEEPEST or len(_kinds_of(given)) > 1 or len(_kinds_of(wanted)) > 1:
            return finite
        compare = _BY_KIND.get(kinds[0])
        return None if compare is None else compare(self, given, wanted, depth)

    def _why_not_finite(self, given: Alternative, wanted: Alternative) -> str | None:
        """Compare where one side lists its values."""
        ours, theirs = _values_of(given), _values_of(wanted)
        if ours is not None:
            fits = any(value in theirs for value in ours) if theirs is not None else self._any_valid(ours, wanted)
            return None if fits else f"{_listed(ours)}, which cannot stand here"
        if theirs is not None and not any(_may_be(value, given) for value in theirs):
            return f"{words([given])} where {_listed(theirs)} is needed"
        return None

    def _any_valid(self, values: Sequence[object], wanted: Alternative) -> bool:
        try:
            schema = InputSchema({**wanted, "$defs": self._wanted_root.get("$defs", {})})
        except _NOT_COMPILED:
            return True  # nobody knows
        return any(not schema.problems(value) for value in values)

    def _strings(self, given: Alternative, wanted: Alternative, _depth: int) -> str | None:
        ours, theirs = _FORMATS.get(str(given.get("format"))), _FORMATS.get(str(wanted.get("format")))
        if ours is not None and theirs is not None and ours != theirs:
            return f"a {given['format']} where a {wanted['format']} is needed"
        return _lengths(given, wanted, "minLength", "maxLength", "text of {} to {} characters")

    def _numbers(self, given: Alternative, wanted: Alternative, _depth: int) -> str | None:
        (low, high), (least, most) = _range(given), _range(wanted)
        if low <= most and least <= high and not _only_touch(given, wanted):
            return None
        return f"a number from {low:g} to {high:g} where one from {least:g} to {most:g} is needed"

    def _arrays(self, given: Alternative, wanted: Alternative, depth: int) -> str | None:
        lengths = _lengths(given, wanted, "minItems", "maxItems", "an array of {} to {} elements")
        if lengths is not None:
            return lengths
        certain = max(given.get("minItems", 0), wanted.get("minItems", 0))
        for index in range(min(certain, _ELEMENTS)):
            ours, theirs = self._given.element(given, index), self._wanted.element(wanted, index)
            reason = self._why_none(ours, theirs, depth)
            if reason is not None:
                return f"an array whose elements cannot stand here: {reason}"
        return None

    def _objects(self, given: Alternative, wanted: Alternative, depth: int) -> str | None:
        for name in dict.fromkeys([*wanted.get("required", ()), *given.get("required", ())]):
            ours, theirs = self._given.field(given, name), self._wanted.field(wanted, name)
            if not theirs:
                return f"an object with the field {shortened(name)!r}, which is not known here"
            if not ours:
                return f"an object without the field {shortened(name)!r}, which is needed here"
            reason = self._why_none(ours, theirs, depth)
            if reason is not None:
                return f"an object whose field {shortened(name)!r} cannot stand here: {reason}"
        return None

    def _why_none(self, ours: Sequence[Alternative], theirs: Sequence[Alternative], depth: int) -> str | None:
        reasons = [self.why_not(one, other, depth + 1) for one in ours for other in theirs]
        if None in reasons:
            return None
        return next(filter(None, reasons), "") or f"{words(ours) or 'nothing'} where {words(theirs)} is needed"


_BY_KIND: Final[Mapping[str, Callable[[_Fit, Alternative, Alternative, int], str | None]]] = {
    "string": _Fit._strings,  # noqa: SLF001 - of this class
    "integer": _Fit._numbers,  # noqa: SLF001 - as above
    "number": _Fit._numbers,  # noqa: SLF001 - as above
    "array": _Fit._arrays,  # noqa: SLF001 - as above
    "object": _Fit._objects,  # noqa: SLF001 - as above
}


def _kinds_of(place: Alternative) -> tuple[str, ...]:
    values = _values_of(place)
    if values is not None:
        return tuple(dict.fromkeys(_kind_of(value) for value in values))
    kind = place.get("type")
    return (kind,) if kind in _KINDS else _KINDS


def _values_of(place: Alternative) -> list[object] | None:
    if "const" in place:
        return [place["const"]]
    listed = place.get("enum")
    return listed if isinstance(listed, list) else None


def _kind_of(value: object) -> str:
    if value is None:
        return "null"
    for kind, python in (("boolean", bool), ("integer", int), ("number", float), ("string", str), ("array", list)):
        if isinstance(value, python):
            return kind
    return "object"


def _overlap(kind: str, other: str) -> bool:
    return kind == other or {kind, other} == {"integer", "number"}


def _may_be(value: object, place: Alternative) -> bool:
    """Whether a value may be one of a schema that lists none; doubtful cases may."""
    kind = _kind_of(value)
    # The gates take true for 1 where values are listed, as Python does.
    alike = {kind, "boolean", "integer"} if kind in {"boolean", "integer", "number"} else {kind}
    if not any(_overlap(one, other) for one in alike for other in _kinds_of(place)):
        return False
    if isinstance(value, str):
        return bool(place.get("minLength", 0) <= len(value) <= place.get("maxLength", len(value)))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low, high = _range(place)
        return low <= value <= high
    return True


def _range(place: Alternative) -> tuple[float, float]:
    low = max(place.get("minimum", -math.inf), place.get("exclusiveMinimum", -math.inf))
    high = min(place.get("maximum", math.inf), place.get("exclusiveMaximum", math.inf))
    return low, high


def _only_touch(given: Alternative, wanted: Alternative) -> bool:
    """Whether two ranges have one number in common, and one of them leaves it out."""
    for one, other in ((given, wanted), (wanted, given)):
        low, high = _range(one)[0], _range(other)[1]
        if low == high and low in {one.get("exclusiveMinimum"), other.get("exclusiveMaximum")}:
            return True
    return False


def _lengths(given: Alternative, wanted: Alternative, least: str, most: str, said: str) -> str | None:
    ours = given.get(least, 0), given.get(most, math.inf)
    theirs = wanted.get(least, 0), wanted.get(most, math.inf)
    if ours[0] <= theirs[1] and theirs[0] <= ours[1]:
        return None
    have, need = (said.format(low, "any number of" if high == math.inf else high) for low, high in (ours, theirs))
    return f"{have} where {need} is needed"


def _listed(values: Sequence[object]) -> str:
    shown = " or ".join(shortened(repr(value), 30) for value in values[:_SHOWN])
    return shown if len(values) <= _SHOWN else f"{shown} or {len(values) - _SHOWN} others"
