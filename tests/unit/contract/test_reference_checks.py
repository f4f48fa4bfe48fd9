"""What is wrong with a request's references is told before anything runs, all at once; the rest is left to the run."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from lambdas.runtime.tool_group import ToolGroup
from tool_contract.catalog import Catalog
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.reference_checks import origins
from tool_contract.request import check_request
from tool_contract.secret import X_PLAIN_TEXT, SecretRef

_shop = ToolGroup("shop")


class Item(BaseModel):
    """Something on a shelf."""

    model_config = ConfigDict(extra="forbid")

    code: str
    amount: int


class Shelf(BaseModel):
    """What there is."""

    model_config = ConfigDict(extra="forbid")

    items: list[Item]
    note: str | None = None


@_shop.tool(read_only=True)
def list_items(shelf: str) -> Shelf:
    """List a shelf."""
    return Shelf(items=[Item(code=shelf, amount=1)])


@_shop.tool(read_only=True)
def count(shelf: str) -> int:
    """Count a shelf."""
    return len(shelf)


@_shop.tool()
def order(
    code: Annotated[str, Field(pattern="^[A-Z]+$")],
    amount: Annotated[int, Field(ge=1)] = 1,
    extras: list[Item] | None = None,
    anything: dict[str, Any] | None = None,
    password: SecretRef | None = None,
    note: Annotated[str, Field(json_schema_extra={X_PLAIN_TEXT: True})] | SecretRef | None = None,
) -> str:
    """Order something."""
    return f"{code}{amount}{extras}{anything}{password}{note}"


CATALOG = Catalog(tools=tuple(tool.spec for tool in _shop.tools))
LIST: dict[str, Any] = {"tool_name": "list_items", "input": {"shelf": "A"}}


def ref(pointer: Any = "", call_id: Any = "c1", **more: Any) -> dict[str, Any]:
    return {"$from": call_id, "pointer": pointer, **more}


def hints(*calls: Any) -> list[str | None]:
    with pytest.raises(InvalidRequestError) as refused:
        check_request({"mode": "sequence", "calls": list(calls)}, CATALOG)
    return [problem.hint for problem in refused.value.problems]


def ordering(call: Any = None, **fields: Any) -> dict[str, Any]:
    return {"tool_name": "order", "input": {"code": ref("/items/0/code"), **fields}, **(call or {})}


def problems(*calls: dict[str, Any], mode: str = "sequence") -> list[tuple[str, str, str]]:
    try:
        check_request({"mode": mode, "calls": list(calls)}, CATALOG)
    except InvalidRequestError as refused:
        return [(each.pointer, str(each.error_code), each.message) for each in refused.problems]
    return []


def test_a_plan_that_may_work_is_taken() -> None:
    assert problems(LIST, ordering()) == []
    assert problems(LIST, ordering(amount=ref("/items/0/amount"), extras=ref("/items"))) == []
    assert problems(LIST, ordering(extras=[ref("/items/0"), {"code": ref("/note"), "amount": 2}])) == []
    assert (
        problems({**LIST, "call_id": "mine"}, {"tool_name": "list_items", "input": {"shelf": ref("/note", "mine")}})
        == []
    )


def test_calls_that_were_not_named_are_referred_to_by_their_position() -> None:
    assert problems(LIST, LIST, {"tool_name": "list_items", "input": {"shelf": ref("/note", "c2")}}) == []


@pytest.mark.parametrize(
    ("reference", "place", "said"),
    [
        (ref("/items/0/code", "c2"), "/$from", "The call 'c2' refers to its own result."),
        (
            ref("/items/0/code", "c3"),
            "/$from",
            "The call 'c3' runs after this one: a reference leads to an earlier call.",
        ),
        (ref("/items/0/code", "other"), "/$from", "There is no earlier call 'other'."),
        (ref("", 1), "/$from", "A reference names an earlier call by its call_id, which is text."),
        (ref("items/0"), "/pointer", "This is no JSON pointer"),
        (ref("/a~2"), "/pointer", "This is no JSON pointer"),
        (ref(5), "/pointer", "This is no JSON pointer"),
        (ref("/items/0/code", default="x"), "/default", "A reference has '$from' and 'pointer' and no other field."),
        (ref("/items/0/cod"), "/pointer", "The result of 'c1' (list_items) never has anything at '/items/0/cod'."),
        (ref("/items/first"), "/pointer", "The result of 'c1' (list_items) never has anything at '/items/first'."),
        (
            ref("/items/0/amount"),
            "/pointer",
            "The result of 'c1' (list_items) has at '/items/0/amount' a whole number where text",
        ),
        (ref(""), "", "The result of 'c1' (list_items) is an object where text is needed."),
    ],
)
def test_what_cannot_work_is_refused_at_its_place(reference: dict[str, Any], place: str, said: str) -> None:
    ((pointer, code, message),) = problems(LIST, {"tool_name": "order", "input": {"code": reference}}, LIST)

    assert (pointer, code) == (f"/calls/1/input/code{place}", "InvalidRequest")
    assert message.startswith(said)


def test_a_misspelt_field_of_a_result_gets_a_close_name() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        check_request({"mode": "sequence", "calls": [LIST, ordering(amount=ref("/items/0/amuont"))]}, CATALOG)

    assert [problem.hint for problem in refused.value.problems] == ["Did you mean 'amount'?"]


def test_calls_beside_each_other_cannot_refer() -> None:
    ((pointer, code, message),) = problems(LIST, ordering(), mode="parallel")

    assert (pointer, code) == ("/calls/1/input/code", "InvalidRequest")
    assert "sequence" in message


def test_all_problems_come_at_once_with_those_of_the_rest_of_the_input() -> None:
    call = ordering(amount=0, extras=[ref("/x"), {"code": 5, "amount": ref("/note")}], unknown=ref("/items"))

    assert [(pointer, code) for pointer, code, _ in problems(LIST, call)] == [
        ("/calls/1/input/amount", "InvalidInput"),
        ("/calls/1/input/extras/1/code", "InvalidInput"),
        ("/calls/1/input/unknown", "InvalidInput"),
        ("/calls/1/input/extras/0/pointer", "InvalidRequest"),
        ("/calls/1/input/extras/1/amount/pointer", "InvalidRequest"),
    ]


def test_a_field_that_is_needed_may_be_a_reference_and_may_not_be_left_out() -> None:
    assert problems(LIST, {"tool_name": "order", "input": {"amount": ref("/items/0/amount")}}) == [
        ("/calls/1/input/code", "InvalidInput", "This field is required.")
    ]


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ({"password": ref("/note")}, "password"),
        ({"password": {"secret_ref": ref("/note")}}, "password/secret_ref"),
        ({"note": {"secret_ref": ref("/note")}}, "note/secret_ref"),
        ({"note": {"secret_ref": ref(5, more=1)}}, "note/secret_ref"),
        ({"anything": {"deep": {"secret_ref": ref("/note")}}}, "anything/deep/secret_ref"),
    ],
)
def test_a_result_cannot_stand_in_place_of_a_secret_or_of_its_name(field: dict[str, Any], place: str) -> None:
    for mode in ("sequence", "parallel"):
        ((pointer, code, message),) = problems(LIST, ordering(code="A", **field), mode=mode)

        assert (pointer, code) == (f"/calls/1/input/{place}", "SecretInRequest")
        assert "no result can stand in its place" in message


def test_an_idempotency_key_cannot_be_a_result_which_is_one_problem() -> None:
    ((pointer, code, message),) = problems(LIST, ordering({"idempotency_key": ref("/note")}))

    assert (pointer, code) == ("/calls/1/idempotency_key", "InvalidRequest")
    assert "known before anything runs" in message


def test_a_reference_in_a_field_that_is_not_known_is_told_beside_that_it_needs_a_sequence() -> None:
    found = problems(LIST, ordering(code="A", unknown=ref("/note")), mode="parallel")

    assert [message.partition(" ")[0] for _, _, message in found] == ["This", "Calls"]


@pytest.mark.parametrize("held", [{"$form": "c1", "pointer": "/x"}, {"from": "c1", "pointer": "/x"}])
def test_a_misspelt_reference_is_told_how_one_is_written(held: dict[str, Any]) -> None:
    assert (
        hints(LIST, ordering(code=held, amount=held))
        == ['Did you mean \'$from\'? Write {"$from": "c1", "pointer": "/items/0/product_code"}.'] * 2
    )


@pytest.mark.parametrize(
    "held", [{"x": "c1", "pointer": "/x"}, {"pointer": "/x"}, {"from": "c1"}, {"from": "c1", "pointer": 5}, ["from"], 5]
)
def test_what_is_not_like_a_reference_gets_no_such_hint(held: Any) -> None:
    assert hints(LIST, ordering(code=held)) == [None]


def test_an_object_that_may_stand_there_is_no_misspelt_reference() -> None:
    assert problems(LIST, ordering(code="A", anything={"from": "c1", "pointer": "/x"})) == []


@pytest.mark.parametrize("pointer", ["/items/-/code", "/items/code", "/items/first/code"])
def test_a_pointer_into_an_array_without_an_index_is_told_of_one(pointer: str) -> None:
    assert hints(LIST, ordering(code=ref(pointer))) == [
        "An array is at '/items': next is an index, such as 0, as in '/items/0'."
    ]


def test_a_fallbacks_input_is_checked_as_the_calls_own() -> None:
    fallback = {"tool_name": "count", "input": {"shelf": ref("/items/0/amount")}}

    ((pointer, _, message),) = problems(LIST, ordering({"fallbacks": [fallback]}))

    assert pointer == "/calls/1/fallbacks/0/input/shelf/pointer"
    assert "a whole number where text is needed" in message


def test_what_one_of_the_earlier_calls_candidates_can_give_is_taken() -> None:
    """Whichever answers: the other's result ends the call at its begin, and the call's own fallback may answer."""
    either = {**LIST, "fallbacks": [{"tool_name": "count", "input": {"shelf": "A"}}]}

    assert problems(either, ordering()) == []
    assert problems(either, ordering(amount=ref(""))) == []
    assert len(problems(either, ordering(amount=ref("/items/0/code")))) == 1


def test_an_unknown_earlier_tool_is_one_problem_and_not_two() -> None:
    found = problems({"tool_name": "lost_items", "input": {}}, ordering())

    assert [(pointer, code) for pointer, code, _ in found] == [("/calls/0/tool_name", "ToolNotFound")]


def test_where_fields_come_from_is_told_with_what_is_known_of_them() -> None:
    either = {**LIST, "fallbacks": [{"tool_name": "count", "input": {"shelf": "A"}}]}
    request = check_request({"mode": "sequence", "calls": [either, ordering(anything={"x": ref("/note")})]}, CATALOG)

    assert [origin.to_json() for origin in origins(request, CATALOG)] == [
        {
            "call_id": "c2", "candidate": 0, "input": "/code", "from": "c1", "pointer": "/items/0/code",
            "gives": "text", "needs": "text", "may_fail_for": ["count"],
        },
        {
            "call_id": "c2", "candidate": 0, "input": "/anything/x", "from": "c1", "pointer": "/note",
            "gives": "text or null", "needs": "anything", "may_fail_for": ["count"],
        },
    ]  # fmt: skip
