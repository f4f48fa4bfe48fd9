"""The same tool, made of Powertools' building blocks. To be imported within `lambda_world.ENVIRONMENT`."""

from __future__ import annotations

import uuid
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.parser import event_parser
from pydantic import BaseModel, ConfigDict

from bench.overhead.lambda_world import INPUT, answer_at_once


class Answer(BaseModel):
    """What the tool answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warehouse_code: str
    quantity: int


class Order(BaseModel):
    """The event."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    key: str
    warehouse_code: str
    quantity: int


client = boto3.client("dynamodb")
answer_at_once(client)
logger, metrics, tracer = Logger(), Metrics(namespace="Bench"), Tracer()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
@idempotent(
    persistence_store=DynamoDBPersistenceLayer("tool-state", boto3_client=client),
    config=IdempotencyConfig(event_key_jmespath="key"),
)
@event_parser(model=Order)
def handler(event: Order, _context: object) -> dict[str, Any]:
    """Answer what was asked, and count it."""
    metrics.add_metric(name="Calls", unit=MetricUnit.Count, value=1)
    return Answer(warehouse_code=event.warehouse_code, quantity=event.quantity).model_dump()


def event(_number: int) -> dict[str, Any]:
    """Return an event that has not come before."""
    return {"key": uuid.uuid4().hex, **INPUT}
