"""DynamoDB's expressions as this project writes them, made into functions once each: conditions and updates.

What is understood: comparisons, BETWEEN, IN, AND, OR, brackets, attribute_exists, attribute_not_exists; SET with
if_not_exists and +, REMOVE, ADD of numbers; attributes of the top level. Anything else is a SyntaxError.

An expression becomes Python's text, of words that were read one by one, and that is compiled: each runs millions of
times.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

Item = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]
Condition = Callable[[Item, Names, Values], bool]
#: Changes its second item by what the first one was, and returns the names of what it may have changed.
Change = Callable[[Item, Item, Names, Values], tuple[str, ...]]

_WORD: Final = re.compile(r"\s*(<=|>=|<>|[=<>(),+]|[#:]?[A-Za-z_][A-Za-z0-9_]*)")
_IDENTIFIER: Final = re.compile(r"[#:]?[A-Za-z_][A-Za-z0-9_]*")
_COMPARISONS: Final = {"=": "equal", "<>": "unequal", "<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}
_CLAUSES: Final = ("SET", "REMOVE", "ADD")


@cache
def condition(text: str) -> Condition:
    """Return the function of a condition."""
    reader = _Reader(text)
    found = reader.either()
    reader.end()
    made: Condition = _compiled(f"def made(old, names, values):\n    return {found}")
    return made


@cache
def update(text: str) -> Change:
    """Return the function of an update."""
    reader = _Reader(text)
    changes: list[tuple[str, str]] = []
    while reader.peek() in _CLAUSES:
        changes += reader.clause(reader.next())
    reader.end()
    lines = [line for _, line in changes]
    touched = "".join(f"{name}, " for name, _ in changes)
    made: Change = _compiled("\n    ".join(["def made(old, new, names, values):", *lines, f"return ({touched})"]))
    return made


def plain(attribute: Mapping[str, Any] | None) -> Any:
    """Return what an attribute compares by; None where there is none."""
    if attribute is None:
        return None
    ((kind, value),) = attribute.items()
    return float(value) if kind == "N" else value


class _Reader:
    """Reads an expression; what it returns is Python's text of a value, a condition, or a change with its name."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = _WORD.findall(text)
        if _WORD.sub("", text).strip():
            raise SyntaxError(text)
        self._at = 0

    def peek(self) -> str:
        return str(self._words[self._at]) if self._at < len(self._words) else ""

    def next(self, expected: str | None = None) -> str:
        word = self.peek()
        if not word or (expected is not None and word != expected):
            raise SyntaxError(f"{self._text}: {expected or 'more'} is missing at {word!r}")
        self._at += 1
        return word

    def end(self) -> None:
        if self.peek():
            raise SyntaxError(f"{self._text}: {self.peek()!r} is not understood")

    def either(self) -> str:
        parts = [self._all()]
        while self.peek() == "OR":
            self.next()
            parts.append(self._all())
        return f"({' or '.join(parts)})"

    def _all(self) -> str:
        parts = [self._one()]
        while self.peek() == "AND":
            self.next()
            parts.append(self._one())
        return f"({' and '.join(parts)})"

    def _one(self) -> str:
        if self.peek() == "(":
            self.next()
            inner = self.either()
            self.next(")")
            return inner
        if self.peek() in {"attribute_exists", "attribute_not_exists"}:
            return self._exists("in" if self.next() == "attribute_exists" else "not in")
        return self._comparison(self._value())

    def _exists(self, how: str) -> str:
        self.next("(")
        name = self._name()
        self.next(")")
        return f"{name} {how} old"

    def _comparison(self, left: str) -> str:
        word = self.next()
        if word == "IN":
            return self._among(left)
        if word == "BETWEEN":
            low = self._value()
            self.next("AND")
            return f"between({low}, {left}, {self._value()})"
        if word not in _COMPARISONS:
            raise SyntaxError(f"{self._text}: {word!r} is no comparison")
        return f"{_COMPARISONS[word]}({left}, {self._value()})"

    def _among(self, left: str) -> str:
        self.next("(")
        values = [self._value()]
        while self.peek() == ",":
            self.next()
            values.append(self._value())
        self.next(")")
        return f"among({left}, ({', '.join(values)},))"

    def _value(self) -> str:
        first = self._term()
        if self.peek() != "+":
            return first
        self.next()
        return f"total({first}, {self._term()})"

    def _term(self) -> str:
        if self.peek() == "if_not_exists":
            self.next()
            self.next("(")
            name = self._name()
            self.next(",")
            otherwise = self._value()
            self.next(")")
            return f"(old.get({name}) or {otherwise})"
        if self.peek().startswith(":"):
            return f"values[{self._identifier()!r}]"
        return f"old.get({self._name()})"

    def clause(self, kind: str) -> list[tuple[str, str]]:
        changes = [self._change(kind)]
        while self.peek() == ",":
            self.next()
            changes.append(self._change(kind))
        return changes

    def _change(self, kind: str) -> tuple[str, str]:
        name = self._name()
        if kind == "REMOVE":
            return name, f"new.pop({name}, None)"
        if kind == "ADD":
            return name, f"new[{name}] = total(old.get({name}), values[{self._identifier()!r}])"
        self.next("=")
        return name, f"new[{name}] = {self._value()}"

    def _name(self) -> str:
        word = self._identifier()
        return f"names[{word!r}]" if word.startswith("#") else repr(word)

    def _identifier(self) -> str:
        word = self.next()
        if not _IDENTIFIER.fullmatch(word):
            raise SyntaxError(f"{self._text}: {word!r} is no name")
        return word


def _compiled(text: str) -> Any:
    made: dict[str, Any] = dict(_FUNCTIONS)
    exec(text, made)  # noqa: S102 # nosec B102 - the reader wrote it, of words that it understood
    return made["made"]


def _equal(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return False
    # Most are the same text; numbers may be written in more than one way.
    return one == other or ("N" in one and plain(one) == plain(other))


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda one, other: one is not None and other is not None and compare(plain(one), plain(other))


def _among(one: Any, others: tuple[Any, ...]) -> bool:
    return one is not None and (one in others or ("N" in one and plain(one) in map(plain, others)))


def _between(low: Any, one: Any, high: Any) -> bool:
    return one is not None and bool(plain(low) <= plain(one) <= plain(high))


def _total(one: Mapping[str, str] | None, other: Mapping[str, str]) -> dict[str, str]:
    return {"N": str(int(one["N"]) + int(other["N"]))} if one else dict(other)


_FUNCTIONS: Final[Mapping[str, Any]] = {
    "equal": _equal,
    "unequal": _ordered(operator.ne),
    "less": _ordered(operator.lt),
    "at_most": _ordered(operator.le),
    "more": _ordered(operator.gt),
    "at_least": _ordered(operator.ge),
    "among": _among,
    "between": _between,
    "total": _total,
}
