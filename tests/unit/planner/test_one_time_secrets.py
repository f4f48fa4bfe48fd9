"""The names of one-time secrets: in the execution's record, and in no idempotency key's hash."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from lambdas.planner.plan import Plan, make_plan
from tests.tool_groups.vault.handler import tools
from tests.unit.contract.small_catalog import CATALOG
from tests.unit.planner.planning import DEPLOYMENT, identity
from tool_contract.catalog import Catalog
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import MAX_ONE_TIME_SECRETS
from tool_contract.request import check_request

BOTH = Catalog(tools=(*CATALOG.tools, *(tool.spec for tool in tools.tools)))
FUNCTIONS = {**DEPLOYMENT.functions, "vault": "arn:aws:lambda:eu-central-1:123456789012:function:vault"}


def once() -> str:
    return f"once/{uuid.uuid4()}"


def log_in(name: str, **more: Any) -> dict[str, Any]:
    return {"tool_name": "log_in", "input": {"user": "u", "password": {"secret_ref": name}}, **more}


def plan_of(*calls: dict[str, Any]) -> Plan:
    request = check_request({"calls": list(calls)}, BOTH)
    return make_plan(request, identity(), type(DEPLOYMENT)(BOTH, FUNCTIONS, history_ttl_days=30))


def test_the_executions_record_names_each_one_time_secret_once() -> None:
    first, second = sorted([once(), once()])
    fallback = log_in(second)
    plan = plan_of(log_in(first), log_in(first, fallbacks=[fallback]), log_in("named"))
    assert json.loads(plan.execution_row["one_time_secrets"]) == [first, second]


def test_without_one_time_secrets_the_record_says_nothing_of_them() -> None:
    assert "one_time_secrets" not in plan_of(log_in("named")).execution_row


def test_a_keys_hash_leaves_out_the_names_of_one_time_secrets_and_no_others() -> None:
    names = (once(), once(), "named", "other")
    rows = plan_of(*(log_in(name, idempotency_key=name) for name in names)).call_rows
    first, second, named, other = [row["input_hash"] for row in rows]
    assert first == second
    assert len({first, named, other}) == 3


def test_more_one_time_secrets_than_finish_deletes_are_refused() -> None:
    calls = [log_in(once(), fallbacks=[log_in(once()), log_in(once())]) for _ in range(MAX_ONE_TIME_SECRETS // 3 + 1)]
    with pytest.raises(InvalidRequestError) as refused:
        check_request({"calls": calls}, BOTH)
    (problem,) = refused.value.problems
    assert problem.message == "The inputs hold 501 one-time secrets; 500 fit into an execution."
