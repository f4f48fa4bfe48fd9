"""JSONata in two engines: the local cloud's (jsonata-python) and the version that AWS runs (npm jsonata 2.0.6).

Step Functions adds ``$parse`` and ``$states``; time stands still where a test puts it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.utils import Utils

from tool_contract.timestamps import iso_from_ms

if TYPE_CHECKING:
    from types import TracebackType

_EXPRESSION: Final = re.compile(r"\{%\s*(.*?)\s*%\}", re.DOTALL)


class EvaluationFailed(Exception):
    """Neither engine gets a value out of the template; Step Functions would say States.QueryEvaluationError."""


class Engines:
    """Evaluates in both engines, asserts that they agree, and returns what they agree on."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("evaluate.cjs")
        node = Path(sys.executable).with_name("node")
        self._node = subprocess.Popen(
            [str(node), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._node.communicate(timeout=10)

    def evaluate(self, template: Any, states: dict[str, Any], millis: int) -> Any:
        """Return a state's field as it is with ``$states`` bound. Raises EvaluationFailed where both engines fail.

        Where ``$string`` wrote JSON, what the text means is compared: jsonata-python escapes all but ASCII.
        """
        by_node = self._in_node(template, states, millis)
        try:
            by_python = {"value": _in_python(template, states, millis)}
        except EvaluationFailed:
            assert "error" in by_node, f"only jsonata-python fails: {template}"
            raise
        assert _meant(by_python) == _meant(by_node), f"the engines differ: {by_python} {by_node}"
        return by_node["value"]

    def _in_node(self, template: object, states: object, millis: int) -> dict[str, Any]:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        # ASCII, so that no line separator inside of a text ends the line.
        self._node.stdin.write(json.dumps({"template": template, "states": states, "millis": millis}) + "\n")
        self._node.stdin.flush()
        answer: dict[str, Any] = json.loads(self._node.stdout.readline())
        return answer


def _meant(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _meant(child) for name, child in value.items()}
    return json.loads(value) if isinstance(value, str) and value.startswith("[") else value


@cache
def _parsed(text: str) -> Jsonata:
    expression = Jsonata(text)
    expression.set_output_convert_nulls(False)
    return expression


def _in_python(template: Any, states: dict[str, Any], millis: int) -> Any:
    if isinstance(template, dict):
        return {name: _in_python(child, states, millis) for name, child in template.items()}
    if isinstance(template, list):
        return [_in_python(child, states, millis) for child in template]
    match = _EXPRESSION.fullmatch(template) if isinstance(template, str) else None
    if match is None:
        return template
    bindings = {
        "states": _to_jsonata(states),
        "parse": Jsonata.JLambda(lambda text, *_: _to_jsonata(json.loads(text))),
        "millis": Jsonata.JLambda(lambda *_: millis),
        "now": Jsonata.JLambda(lambda *_: iso_from_ms(millis)),
    }
    try:
        value = _parsed(match[1]).evaluate(None, bindings)
    except (JException, ValueError, TypeError) as error:
        raise EvaluationFailed(match[1]) from error
    if value is None:
        raise EvaluationFailed(match[1])
    return _from_jsonata(value)


def _to_jsonata(value: Any) -> Any:
    """jsonata-python has a word of its own for null, and calls undefined what Python calls None."""
    if value is None:
        return Utils.NULL_VALUE
    if isinstance(value, dict):
        return {name: _to_jsonata(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_to_jsonata(child) for child in value]
    return value


def _from_jsonata(value: Any) -> Any:
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {name: _from_jsonata(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_from_jsonata(child) for child in value]
    return value
