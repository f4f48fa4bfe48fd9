"""JSON as the contract takes it: one meaning per text, finite numbers, bounded depth.

``json.loads`` takes NaN, Infinity, 1e999, duplicate keys and lone surrogates, and fails with a RecursionError or a
ValueError on hostile texts. Here each of these is one :class:`JsonError` with a sentence.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tool_contract.limits import MAX_JSON_DEPTH
from tool_contract.problems import Problem, json_pointer
from tool_contract.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

#: Integers beyond this lose digits in readers that hold numbers as doubles, Step Functions among them.
MAX_SAFE_INTEGER: Final = 2**53 - 1


class JsonError(ValueError):
    """A text is no JSON that the contract takes, or a value cannot be written as such JSON."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(pointer=pointer, message=message)


def parse(text: str | bytes) -> Any:  # noqa: ANN401 - JSON is any value
    """Return the value of a JSON text. Raises :class:`JsonError`."""
    try:
        plain = _plain(text)
        if plain:
            with suppress(_NumberToLookAt):
                return _PLAIN_DECODER.decode(plain)
        value = _read(text)
    except RecursionError:
        raise JsonError(f"The JSON is nested deeper than {MAX_JSON_DEPTH} levels.") from None
    except UnicodeDecodeError:
        raise JsonError("The text is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise JsonError(f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except JsonError:
        raise
    except ValueError:
        raise JsonError("A number has too many digits.") from None
    problem = problem_in(value)
    if problem is not None:
        raise JsonError(problem.message, problem.pointer)
    return value


def dumps(value: object) -> str:
    """Return ``value`` as compact JSON text, keys in their order. Raises :class:`JsonError`."""
    return _dumps(value, _compact)


def canonical(value: object) -> str:
    """Return the one JSON text of ``value``: keys sorted, no spaces. Raises :class:`JsonError`."""
    return _dumps(value, _sorted)


def byte_size(text: str) -> int:
    """Return the bytes of ``text`` in UTF-8, which is what AWS counts."""
    return len(text.encode())


def problem_in(value: object, max_depth: int = MAX_JSON_DEPTH) -> Problem | None:
    """Return the first thing in a value that no JSON of the contract may hold, or None.

    Looks for numbers that are not finite, lone surrogates, keys that are not text and excessive depth.
    """
    return None if _is_clean(value, max_depth) else _first_problem(value, _complaint, max_depth)


def non_finite_in(value: object) -> Problem | None:
    """Return the first number in a Python value that is not finite, or None: before a serializer makes null of it."""
    return None if _is_clean(value, MAX_JSON_DEPTH) else _first_problem(value, _complaint_of_number)


def _is_clean(value: object, depth: int) -> bool:
    """Whether a value certainly is JSON of the contract: a glance for the many, each call has several looks at its own.

    Whatever is not plain is left to :func:`_first_problem`, which knows what to say.
    """
    if type(value) is str:
        return value.isascii()
    if type(value) is dict:
        if depth < 1:
            return False
        for key, child in value.items():
            if type(key) is not str or not key.isascii() or not _is_clean(child, depth - 1):
                return False
        return True
    if type(value) is list:
        return depth > 0 and all(_is_clean(child, depth - 1) for child in value)
    return _is_clean_scalar(value)


def _is_clean_scalar(value: object) -> bool:
    if type(value) is int:
        return -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) is bool


def _first_problem(
    value: object, complaint: Callable[[object], str | None], max_depth: int = MAX_JSON_DEPTH
) -> Problem | None:
    pending: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while pending:
        path, item = pending.pop()
        if len(path) >= max_depth and isinstance(item, (dict, list, tuple)):
            return Problem(pointer="", message=f"The JSON is nested deeper than {max_depth} levels.")
        message = complaint(item)
        if message is not None:
            return Problem(pointer=json_pointer(path), message=message)
        if isinstance(item, dict):
            pending.extend(((*path, key), child) for key, child in reversed(item.items()))
        elif isinstance(item, (list, tuple, set, frozenset)):
            pending.extend(((*path, index), child) for index, child in reversed(list(enumerate(item))))
    return None


def _complaint_of_number(item: object) -> str | None:
    return "The number is not finite." if isinstance(item, float) and not math.isfinite(item) else None


def _complaint(item: object) -> str | None:
    if isinstance(item, float):
        return _complaint_of_number(item)
    if isinstance(item, int) and not isinstance(item, bool) and abs(item) > MAX_SAFE_INTEGER:
        return "The integer is beyond 2^53, where readers of JSON lose digits; send it as text."
    if isinstance(item, str):
        return None if _is_unicode(item) else "The text holds half of a surrogate pair."
    if isinstance(item, Secret):
        return "A Secret may stand in a call's input only, and in a ToolExecutor's: it sends a reference in its place."
    if isinstance(item, dict) and not all(isinstance(key, str) and _is_unicode(key) for key in item):
        return "A key is not Unicode text."
    is_json = isinstance(item, (dict, list, tuple, int, type(None)))
    return None if is_json else f"A value of the type {type(item).__name__} is no JSON."


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain(text: str | bytes) -> str | None:
    """Return a text in which nothing but a number can be wrong if it can be read: then nobody need walk through it."""
    if not text.isascii():
        return None
    # A zero byte is of another encoding.
    known = text if isinstance(text, str) else "" if 0 in text else text.decode("ascii")
    is_flat = known.count("{") + known.count("[") <= MAX_JSON_DEPTH
    return known if is_flat and "\\u" not in known else None


class _NumberToLookAt(Exception):
    """A number has so many digits that it may be beyond a bound."""


def _short_int(digits: str) -> int:
    if len(digits) > _DIGITS_OF_ANY:
        raise _NumberToLookAt
    return int(digits)


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _NumberToLookAt
    return number


def _read(text: str | bytes) -> Any:  # noqa: ANN401 - JSON is any value
    if isinstance(text, str) and not text.startswith("\ufeff"):
        return _DECODER.decode(text)
    # nosemgrep: unguarded-json - parse catches its errors
    return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)


def _dumps(value: object, encode: Callable[[object], str]) -> str:
    try:
        text = encode(value)
        if not text.isascii():
            text.encode()
    except RecursionError:
        raise JsonError(f"The value is nested deeper than {MAX_JSON_DEPTH} levels.") from None
    except (TypeError, ValueError) as error:
        problem = problem_in(value)
        raise JsonError(*(problem.message, problem.pointer) if problem else (f"Not JSON: {error}.",)) from None
    return text


def _encoder(*, sort_keys: bool) -> Callable[[object], str]:
    """Return a function that writes JSON. The standard one makes its encoder anew for each text, at twice the cost."""
    standard = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return standard.encode
    # Without markers a value that holds itself is found by its depth.
    quote = json.encoder.encode_basestring
    chunks = make(None, standard.default, quote, None, ":", ",", sort_keys, False, False)  # noqa: FBT003 - by position
    return lambda value: "".join(chunks(value, 0))


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise JsonError(f"The key {key[:60]!r} stands twice in one object.")
            seen.add(key)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is not a JSON number.")


#: Of integers with so many digits none is beyond the bound.
_DIGITS_OF_ANY: Final = 15
_PLAIN_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique_keys,
    parse_constant=_refuse_constant,
    parse_int=_short_int,
    parse_float=_finite_float,
)
# Made once: json.loads makes one for each text, as json.dumps does.
_compact: Final = _encoder(sort_keys=False)
_sorted: Final = _encoder(sort_keys=True)
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
