"""DynamoDB's expressions as this project writes them, made into functions once each: conditions and updates.

What is understood: comparisons, BETWEEN, IN, AND, OR, brackets, attribute_exists, attribute_not_exists; SET with
if_not_exists and +, REMOVE, ADD of numbers; attributes of the top level. Anything else is a SyntaxError.
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
Operand = Callable[[Item, Names, Values], Any]
Change = Callable[[Item, Item, Names, Values], None]

_WORD: Final = re.compile(r"\s*(<=|>=|<>|[=<>(),+]|[#:]?[A-Za-z_][A-Za-z0-9_]*)")
_COMPARISONS: Final = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CLAUSES: Final = ("SET", "REMOVE", "ADD")


@cache
def condition(text: str) -> Condition:
    """Return the function of a condition."""
    reader = _Reader(text)
    found = reader.either()
    reader.end()
    return found


@cache
def update(text: str) -> Change:
    """Return the function of an update, which changes its second item by what the first one was."""
    reader = _Reader(text)
    changes: list[Change] = []
    while reader.peek() in _CLAUSES:
        changes += reader.clause(reader.next())
    reader.end()

    def apply(old: Item, new: Item, names: Names, values: Values) -> None:
        for change in changes:
            change(old, new, names, values)

    return apply


def plain(attribute: Mapping[str, Any] | None) -> Any:
    """Return what an attribute compares by; None where there is none."""
    if attribute is None:
        return None
    ((kind, value),) = attribute.items()
    return float(value) if kind == "N" else value


class _Reader:
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

    def either(self) -> Condition:
        parts = [self._all()]
        while self.peek() == "OR":
            self.next()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda *given: any(part(*given) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self.peek() == "AND":
            self.next()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda *given: all(part(*given) for part in parts)

    def _one(self) -> Condition:
        if self.peek() == "(":
            self.next()
            inner = self.either()
            self.next(")")
            return inner
        if self.peek() in {"attribute_exists", "attribute_not_exists"}:
            return self._exists(wanted=self.next() == "attribute_exists")
        return self._comparison(self._value())

    def _exists(self, *, wanted: bool) -> Condition:
        self.next("(")
        name = self.next()
        self.next(")")
        return lambda item, names, _: (names.get(name, name) in item) is wanted

    def _comparison(self, left: Operand) -> Condition:
        word = self.next()
        if word == "IN":
            return self._among(left)
        if word == "BETWEEN":
            low = self._value()
            self.next("AND")
            high = self._value()
            return lambda *given: _between(plain(low(*given)), plain(left(*given)), plain(high(*given)))
        compare, right = _COMPARISONS[word], self._value()

        def compared(*given: Any) -> bool:
            one, other = plain(left(*given)), plain(right(*given))
            return one is not None and other is not None and bool(compare(one, other))

        return compared

    def _among(self, left: Operand) -> Condition:
        self.next("(")
        values = [self._value()]
        while self.peek() == ",":
            self.next()
            values.append(self._value())
        self.next(")")
        return lambda *given: plain(left(*given)) in [plain(value(*given)) for value in values]

    def _value(self) -> Operand:
        first = self._term()
        if self.peek() != "+":
            return first
        self.next()
        second = self._term()
        return lambda *given: _sum(first(*given), second(*given))

    def _term(self) -> Operand:
        word = self.next()
        if word == "if_not_exists":
            self.next("(")
            name = self.next()
            self.next(",")
            otherwise = self._value()
            self.next(")")
            return lambda item, names, values: item.get(names.get(name, name)) or otherwise(item, names, values)
        if word.startswith(":"):
            return lambda _, __, values: values[word]
        return lambda item, names, _: item.get(names.get(word, word))

    def clause(self, kind: str) -> list[Change]:
        changes = [self._change(kind)]
        while self.peek() == ",":
            self.next()
            changes.append(self._change(kind))
        return changes

    def _change(self, kind: str) -> Change:
        name = self.next()
        if kind == "REMOVE":
            return lambda _, new, names, __: new.pop(names.get(name, name), None) and None
        if kind == "ADD":
            value = self.next()

            def add(old: Item, new: Item, names: Names, values: Values) -> None:
                own = names.get(name, name)
                new[own] = _sum(old.get(own), values[value])

            return add
        self.next("=")
        value_of = self._value()

        def assign(old: Item, new: Item, names: Names, values: Values) -> None:
            new[names.get(name, name)] = value_of(old, names, values)

        return assign


def _sum(one: Mapping[str, str] | None, other: Mapping[str, str]) -> dict[str, str]:
    return {"N": str(int(one["N"]) + int(other["N"]))} if one else dict(other)


def _between(low: Any, value: Any, high: Any) -> bool:
    return value is not None and bool(low <= value <= high)
