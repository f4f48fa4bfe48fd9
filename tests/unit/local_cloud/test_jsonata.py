"""JSONata as Step Functions evaluates it: values, variables, added functions, and AWS's implementation as a second."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tool_executor.local.moto_patches.correction import AppliedCorrections
from tool_executor.local.moto_patches.jsonata_evaluation import (
    QueryFailed,
    compiled,
    corrections,
    evaluate,
)
from tool_executor.local.moto_patches.jsonata_functions import STEP_FUNCTIONS_FUNCTIONS
from tool_executor.local.moto_patches.jsonata_values import from_jsonata, to_jsonata

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]

INPUT = {
    "nothing": None,
    "text": 'with "quotes" and \\ and \n and ü 😀',
    "whole": 3,
    "float": 2.5,
    "zero": 0,
    "yes": True,
    "empty": [],
    "list": [3, 1, 2],
    "mixed": [1, None, "a", {"b": None}],
    "object": {"a": 1, "b": {"c": [1, 2]}},
    "calls": [{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "c", "n": 3}],
    "error": '{"errorMessage":"{\\"code\\":\\"X\\"}"}',
}

EXPRESSIONS = [
    "$states.input.nothing",
    "$exists($states.input.nothing)",
    "$exists($states.input.missing)",
    "$states.input.nothing = null",
    "$states.input.missing = null",
    "$type($states.input.nothing)",
    "$string($states.input.nothing)",
    "$states.input.nothing ? 'yes' : 'no'",
    "$states.input.text",
    "$states.input.text & '!'",
    "$length($states.input.text)",
    "$states.input.whole / 2",
    "$states.input.float * 2",
    "$string($states.input.float * 2)",
    "4 / 2",
    "0.1 + 0.2",
    "$round(2.5)",
    "$ceil(2.1)",
    "$min([60, $ceil(2.1)])",
    "$states.input.zero and true",
    "$not($states.input.yes)",
    "$states.input.empty",
    "$states.input.list",
    "$sort($states.input.list)",
    "$states.input.list[0]",
    "$states.input.list[-1]",
    "$states.input.list[$ > 1]",
    "[$states.input.list[$ > 2]]",
    "[$states.input.list[$ > 5]]",
    "$states.input.mixed",
    "$count($states.input.mixed)",
    "$states.input.object.b.c",
    "$keys($states.input.object)",
    "$lookup($states.input.object, 'a')",
    "$merge([$states.input.object, {'a': 2, 'z': null}])",
    "$states.input.calls.id",
    "$states.input.calls[id = 'b'].n",
    "$states.input.calls[$states.input.whole - 1]",
    "$map($states.input.calls, function($c, $i) { {'id': $c.id, 'i': $i} })",
    "[$map([1], function($v) { $v })]",
    "$filter($states.input.calls, function($c) { $c.n > 1 })",
    "$reduce([1, 2, 3], function($a, $b) { $a + $b })",
    "$sum($states.input.calls.n)",
    "$append($states.input.empty, {'a': null})",
    "[1..5]",
    "$count([1..5])",
    "($x := 2; $y := $x * 3; {'x': $x, 'y': $y})",
    "$states.input.calls{id: n}",
    "{'a': $states.input.missing, 'b': 1}",
    "[$states.input.missing, 1]",
    "'a' in ['a', 'b']",
    "$boolean([])",
    "$string({'a': null, 'b': 1.0, 'c': 'ü'})",
    "$string([0.1 + 0.2, 12345678901234567, -0.5])",
    "$string({'a': [true, null, 'ü']}, true)",
    "$string(0.1 + 0.2)",
    "$string(true)",
    "$number('12.50')",
    "$split('a,b', ',')",
    "$join(['a', 'b'], '-')",
    "$contains('abc', /b/)",
    "$replace('abc', 'b', 'x')",
    "$substring('abc', 1)",
    "$pad('7', -3, '0')",
    "$toMillis('2026-11-20T10:00:00.000Z')",
    "$fromMillis(1795168800123)",
    "$distinct([1, 1, 2])",
    "$zip([1, 2], ['a', 'b'])",
    "$each({'a': 1}, function($v, $k) { $k })",
    "$type([1])",
    "$states.input.nothing.deeper.still",
    "1 < 2 and 'a' < 'b'",
]


@pytest.fixture(scope="module", autouse=True)
def corrected() -> Iterator[None]:
    applied = AppliedCorrections(corrections())
    yield
    applied.revert()


def run(expression: str, **variables: Any) -> Any:
    bindings = {**STEP_FUNCTIONS_FUNCTIONS, **{name: to_jsonata(value) for name, value in variables.items()}}
    return evaluate(compiled(expression), bindings)


def outcome(expression: str) -> Any:
    """The value in JSON, or that there is none."""
    try:
        return {"value": run(expression, states={"input": INPUT})}
    except QueryFailed as failed:
        return {"undefined": True} if "undefined" in str(failed) else {"error": True}


@pytest.fixture(scope="module")
def second_opinion() -> dict[str, Any]:
    """What npm's `jsonata`, of the version that AWS runs, makes of each expression."""
    node = shutil.which("node", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin")
    if node is None or not (ROOT / "node_modules" / "jsonata").is_dir():
        pytest.skip("node or its jsonata is not installed")
    script = """
    const jsonata = require(process.argv[1]);
    (async () => {
        const {expressions, input} = JSON.parse(require('fs').readFileSync(0, 'utf8'));
        const out = {};
        for (const text of expressions) {
            try {
                const value = await jsonata(text).evaluate(undefined, {states: {input}});
                out[text] = value === undefined ? {undefined: true} : {value};
            } catch (error) { out[text] = {error: true}; }
        }
        console.log(JSON.stringify(out));
    })();
    """
    given_ = json.dumps({"expressions": EXPRESSIONS, "input": INPUT})
    done = subprocess.run(
        [node, "-e", script, str(ROOT / "node_modules" / "jsonata")],
        input=given_,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    opinions: dict[str, Any] = json.loads(done.stdout)
    return opinions


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_has_the_value_that_awss_implementation_gives(
    expression: str, second_opinion: dict[str, Any]
) -> None:
    ours = outcome(expression)
    assert ours == second_opinion[expression]
    assert json.dumps(ours) == json.dumps(json.loads(json.dumps(ours)))  # plain types only


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$parse('{\"a\": [1, null, 2.5]}')", {"a": [1, None, 2.5]}),
        ("$parse('null')", None),
        ("$parse('\"text\"')", "text"),
        ("$parse($parse($states.input.error).errorMessage).code", "X"),
        ("$hash('abc', 'SHA-256')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("$hash('abc', 'SHA-1')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("$hash('abc', 'MD5')", "900150983cd24fb0d6963f7d28e17f72"),
        ("$length($hash('abc', 'SHA-384'))", 96),
        ("$length($hash('abc', 'SHA-512'))", 128),
        ("$partition([1, 2, 3, 4, 5], 2)", [[1, 2], [3, 4], [5]]),
        ("$partition([], 2)", []),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$range(3, 1, 1)", []),
        ("$random(42) = $random(42)", True),
        ("$random() >= 0 and $random() < 1", True),
        ("$uuid() = $uuid()", False),
    ],
)
def test_step_functions_adds_functions(expression: str, value: Any) -> None:
    assert run(expression, states={"input": INPUT}) == value


def test_uuids_are_random_ones() -> None:
    assert uuid.UUID(run("$uuid()")).version == 4


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.missing",
        "$parse('{')",
        "$parse('NaN')",
        "$parse(1)",
        "$hash('abc', 'CRC')",
        "$range(1, 2, 0)",
        "$range(1.5, 2, 1)",
        "$partition([1], 0)",
        "$eval('1 + 1')",
        "$error('on purpose')",
        "1 + 'a'",
        "1 / 0",
        "$nobody()",
        "function($x) { $x }",
        "$states.input.list[",
        "$",
        "list",
        "$number('x')",
    ],
)
def test_what_cannot_be_evaluated_is_a_query_error(expression: str) -> None:
    with pytest.raises(QueryFailed):
        run(expression, states={"input": INPUT})


def test_now_is_now_each_time_the_same_expression_is_evaluated() -> None:
    first = run("$millis()")
    threading.Event().wait(0.02)
    assert run("$millis()") > first


def test_an_evaluation_changes_nothing_of_its_input() -> None:
    value = {"a": [3, 1, 2], "b": {"c": None}}
    before = json.dumps(value)
    result = run(
        "{'a': $sort($states.a), 'b': $merge([$states.b, {'c': 1}]), 'c': $states.b ~> |$|{'x': 1}|}", states=value
    )
    result["a"].append("changed")
    assert json.dumps(value) == before


def test_threads_share_a_parsed_expression() -> None:
    expression = "($x := $states.n; $sum($map([1..50], function($i) { $i * $x })))"
    results: list[Any] = [None] * 8

    def work(number: int) -> None:
        results[number] = {run(expression, states={"n": number}) for _ in range(30)}

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [{number * 1275} for number in range(8)]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_any_json_goes_in_and_comes_out_the_same(value: Any) -> None:
    assert from_jsonata(to_jsonata(value)) == value


@given(json_values)
def test_a_variable_is_bound_and_not_pasted(value: Any) -> None:
    assert run("$states.input", states={"input": value}) == value
