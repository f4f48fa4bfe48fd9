"""Clients of AWS, made when first used: a function that needs none of them starts faster.

They are botocore's, which boto3's are too: boto3 itself brings S3's transfer manager with it, 80 ms of each cold start.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from lambdas.runtime import tracing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

# DynamoDB answers in milliseconds: waiting a minute for it, as botocore would, spends the tool's time.
_DYNAMODB = Config(
    connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 4}, max_pool_connections=25
)
# What only protects calls must not hold them up: without an answer within 3 s, calls go on without it.
_TOOL_STATE = Config(
    connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2}, max_pool_connections=25
)
# A look that may find nothing, for many calls one after another, by a function that has 50 s for all of them.
_S3_GLANCE = Config(
    connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2}, max_pool_connections=25
)
_S3 = Config(
    connect_timeout=2, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4}, max_pool_connections=25
)
# A tool's time runs while its secret is fetched, and the finisher's while it deletes what may be deleted later.
_SSM = Config(
    connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=10
)
# Starting a browser takes seconds; a token makes it safe to ask again.
_AGENTCORE = Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2}, max_pool_connections=10
)


@cache
def dynamodb() -> DynamoDBClient:
    """Return the process's DynamoDB client."""
    client: DynamoDBClient = _client("dynamodb", _DYNAMODB)
    return client


@cache
def tool_state() -> DynamoDBClient:
    """Return the process's client for what calls can do without: breakers, kept results, retry budgets.

    Idempotency keys lie in the same table and use :func:`dynamodb`: without them nothing may run, so it is worth
    waiting for them.
    """
    client: DynamoDBClient = _client("dynamodb", _TOOL_STATE)
    return client


@cache
def s3() -> S3Client:
    """Return the process's S3 client."""
    client: S3Client = _client("s3", _S3)
    return client


@cache
def s3_glance() -> S3Client:
    """Return the process's S3 client for what is mostly not there, and not worth waiting for."""
    client: S3Client = _client("s3", _S3_GLANCE)
    return client


@cache
def ssm() -> Any:  # noqa: ANN401 - its stubs are not among the project's
    """Return the process's client for Parameter Store, which holds the secrets."""
    return _client("ssm", _SSM)


@cache
def agentcore() -> Any:  # noqa: ANN401 - as above
    """Return the process's client for AgentCore, whose browsers take some seconds to start."""
    return _client("bedrock-agentcore", _AGENTCORE)


def credentials() -> Any:  # noqa: ANN401 - botocore's, frozen at this moment
    """Return what the function signs requests with that no client sends."""
    found = _session().get_credentials()
    return None if found is None else found.get_frozen_credentials()


def _client(service: str, config: Config) -> Any:  # noqa: ANN401 - any service's client
    # Requests are the runtime's own, and tested: to look each of them over takes a tenth of the SDK's time, and to put
    # the same user agent together for each a fifth.
    config = config.merge(Config(parameter_validation=False, user_agent=_session().user_agent()))
    client = _session().create_client(service, config=config)
    tracing.watch(client)
    return client


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()
