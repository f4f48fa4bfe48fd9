"""The functions that Step Functions adds to JSONata, and the one that it takes away.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html ("JSONata functions provided by
Step Functions").
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from jsonata.jsonata import Jsonata

from tool_executor.local.aws_json import NotJson, parse_json
from tool_executor.local.moto_patches.jsonata_values import to_jsonata

_HASHES: Final = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class BadArgument(Exception):
    """A function was called with what it does not take."""


def _whole(function: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise BadArgument(f"${function}: {value!r} is not an integer")
    return int(value)


def parse(text: object = None, *_: object) -> Any:  # noqa: ANN401 - JSON is any value
    """Deserialize a JSON string."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise BadArgument("$parse: the argument is not a string")
    try:
        return to_jsonata(parse_json(text))
    except NotJson as error:
        raise BadArgument(f"$parse: not JSON: {error}") from error


def hash_text(data: object = None, algorithm: object = "SHA-256", *_: object) -> str | None:
    """Hash of a string, in hexadecimal digits."""
    if data is None:
        return None
    if not isinstance(data, str) or algorithm not in _HASHES:
        raise BadArgument(f"$hash: takes a string and one of {', '.join(_HASHES)}")
    return hashlib.new(_HASHES[str(algorithm)], data.encode(), usedforsecurity=False).hexdigest()


def new_uuid(*_: object) -> str:
    """A random UUID of version 4."""
    return str(uuid.uuid4())


def random_number(seed: object = None, *_: object) -> float:
    """A number from 0 to 1, the same for the same seed."""
    source = random if seed is None else random.Random(_whole("random", seed))  # noqa: S311 - not for secrets
    return source.random()


def number_range(first: object = None, last: object = None, step: object = None, *_: object) -> list[int] | None:
    """Integers from `first` to `last`, both included."""
    if first is None or last is None or step is None:
        return None
    start, end, by = _whole("range", first), _whole("range", last), _whole("range", step)
    if by == 0:
        raise BadArgument("$range: the step is 0")
    return list(range(start, end + (1 if by > 0 else -1), by))


def partition(array: object = None, size: object = None, *_: object) -> list[list[Any]] | None:
    """The array in pieces of at most `size`."""
    if array is None:
        return None
    items = array if isinstance(array, list) else [array]
    length = _whole("partition", size)
    if length < 1:
        raise BadArgument("$partition: the size is not positive")
    return [list(items[start : start + length]) for start in range(0, len(items), length)]


def _function(implementation: Callable[..., Any]) -> Any:  # noqa: ANN401 - jsonata has no types
    return Jsonata.JLambda(implementation)


STEP_FUNCTIONS_FUNCTIONS: Final[Mapping[str, Any]] = {
    "parse": _function(parse),
    "hash": _function(hash_text),
    "uuid": _function(new_uuid),
    "random": _function(random_number),
    "range": _function(number_range),
    "partition": _function(partition),
    # Step Functions refuses $eval; undefined makes a call of it fail.
    "eval": None,
}
