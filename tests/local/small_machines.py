"""Machines of a few states on the small cloud, and what comes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.small_cloud import MACHINE, SmallCloud, states

LIMIT = 262_144
CATCH_ALL = {"Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Caught"}]}
CAUGHT = {"Type": "Pass", "End": True}


def small_machine(cloud: SmallCloud) -> str:
    machines = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    arn: str = next(machine["stateMachineArn"] for machine in machines if machine["name"] == MACHINE)
    return arn


def refused(action: Any) -> str:
    with pytest.raises(ClientError) as raised:
        action()
    code: str = raised.value.response["Error"]["Code"]
    return code


def catching(first: dict[str, Any], **named: dict[str, Any]) -> dict[str, Any]:
    return states(First={**first, **CATCH_ALL}, Caught=CAUGHT, **named)


def caught(cloud: SmallCloud, first: dict[str, Any], execution_input: Any = None) -> dict[str, Any]:
    """What a Catch for everything sees of a state's failure."""
    described = cloud.run(catching(first), execution_input)
    assert described["status"] == "SUCCEEDED", described
    output: dict[str, Any] = json.loads(described["output"])
    return output


def text_input(size: int) -> str:
    """JSON text of exactly `size` bytes of UTF-8, and fewer characters."""
    head, tail = '{"do":"exit","x":"ü', '"}'
    return head + "x" * (size - len((head + tail).encode())) + tail
