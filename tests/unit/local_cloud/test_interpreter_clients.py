"""The clients that the interpreter's Tasks use."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tool_executor.local.moto_patches.interpreter import client_factory


def test_a_tasks_request_is_sent_once() -> None:
    """Whether a Task is tried again is the workflow's to say, as on AWS."""
    client, sent = client_factory("http://localhost:9")("eu-west-1", "dynamodb"), []

    def lost(request: Any, **_: object) -> None:
        sent.append(request.url)
        raise ReadTimeoutError(endpoint_url=request.url)

    client.meta.events.register("before-send.dynamodb", lost)

    with pytest.raises(ReadTimeoutError):
        client.list_tables()
    assert len(sent) == 1


def test_a_client_is_made_once_for_a_service_and_region() -> None:
    make = client_factory("http://localhost:9")

    assert make("eu-west-1", "sqs") is make("eu-west-1", "sqs")
    assert make("eu-west-1", "sqs") is not make("us-east-1", "sqs")
