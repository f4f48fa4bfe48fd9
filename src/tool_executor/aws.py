"""Clients of AWS for this package, and AWS's errors as this package's."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)

from tool_contract.limits import EXPRESS_SECONDS
from tool_executor.errors import CredentialsMissingError, ExecutionIdTakenError, RegionMissingError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.credentials import Credentials
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

#: These services answer in a second or not at all; a repeated start or read changes nothing.
_CONFIG: Final = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
#: A function may have run though its answer was lost: whoever invokes decides whether to invoke again.
_INVOKE_CONFIG: Final = Config(connect_timeout=5, read_timeout=910, retries={"total_max_attempts": 1})
#: An execution may run for five minutes before it is answered, and runs though its answer is lost.
_WAIT_CONFIG: Final = Config(
    connect_timeout=5, read_timeout=EXPRESS_SECONDS + 20, retries={"total_max_attempts": 1}, max_pool_connections=64
)
_REFUSED_CREDENTIALS: Final = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
#: AWS's codes for what the credentials may not do.
NOT_ALLOWED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_ACTION: Final = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LOCAL_REGION: Final = "us-east-1"
#: The key that `tool-executor local up` has people export; AWS knows no such key.
LOCAL_KEY: Final = "local"
#: What else helps a program; commands have options for it, and name them.
LOCAL_INSTEAD: Final = "for a local cloud, export the lines that 'tool-executor local up' prints."
_CONFIGURE: Final = f"Run 'aws configure' or set AWS_PROFILE; or, {LOCAL_INSTEAD}"
_SAY_A_REGION: Final = f"Set AWS_REGION; or, {LOCAL_INSTEAD}"


@dataclass(frozen=True)
class Aws:
    """Where AWS is: a region, and an endpoint where it is not AWS's own (the local cloud).

    Without them boto3 finds both as it always does: AWS_REGION, AWS_ENDPOINT_URL, profiles.
    """

    region: str | None = None
    endpoint_url: str | None = None

    @classmethod
    def from_environment(cls, region: str | None = None) -> Self:
        """Return where the environment says AWS is: a local cloud by ``AWS_ENDPOINT_URL``, or AWS itself."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if endpoint is None or urlsplit(endpoint).hostname not in _LOOPBACK:
            return cls(region or os.environ.get("AWS_REGION") or None)  # boto3 reads AWS_DEFAULT_REGION alone
        said = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        return cls(region or said or _LOCAL_REGION, endpoint)

    @cached_property
    def _session(self) -> boto3.Session:
        if self.endpoint_url is None:
            return boto3.Session(region_name=self.region)
        # The local cloud checks no credentials; the caller's own must not be sent to it.
        return boto3.Session(aws_access_key_id=LOCAL_KEY, aws_secret_access_key=LOCAL_KEY, region_name=self.region)

    @property
    def credentials(self) -> Credentials | None:
        """What requests are signed with where no client of boto3 does it; None if there are none."""
        return self._session.get_credentials()

    @cached_property
    def step_functions(self) -> SFNClient:
        """Step Functions."""
        return self._session.client("stepfunctions", config=_CONFIG, endpoint_url=self.endpoint_url)

    @cached_property
    def waiting_step_functions(self) -> SFNClient:
        """Step Functions, for StartSyncExecution: it answers when the execution has ended, and is asked once."""
        # That API has a host of its own, sync-states...: a local endpoint, which boto3 may know of by itself, has not.
        is_local = urlsplit(self.step_functions.meta.endpoint_url).hostname in _LOOPBACK
        config = _WAIT_CONFIG.merge(Config(inject_host_prefix=False)) if is_local else _WAIT_CONFIG
        return self._session.client("stepfunctions", config=config, endpoint_url=self.endpoint_url)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        return self._session.client("dynamodb", config=_CONFIG, endpoint_url=self.endpoint_url)

    @cached_property
    def s3(self) -> S3Client:
        """S3."""
        return self._session.client("s3", config=_CONFIG, endpoint_url=self.endpoint_url)

    @cached_property
    def ssm(self) -> Any:  # noqa: ANN401 - its stubs are not among the project's
        """Parameter Store."""
        return self._session.client("ssm", config=_CONFIG, endpoint_url=self.endpoint_url)

    @cached_property
    def cloudwatch(self) -> Any:  # noqa: ANN401 - its stubs are not among the project's
        """CloudWatch's metrics."""
        return self._session.client("cloudwatch", config=_CONFIG, endpoint_url=self.endpoint_url)

    @cached_property
    def functions(self) -> LambdaClient:
        """Lambda; a failed invocation is not repeated."""
        return self._session.client("lambda", config=_INVOKE_CONFIG, endpoint_url=self.endpoint_url)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """CloudFormation."""
        return self._session.client("cloudformation", config=_CONFIG, endpoint_url=self.endpoint_url)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise AWS's errors in the body as :class:`ServiceError` or :class:`CredentialsMissingError`."""
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError, TokenRetrievalError, ProfileNotFound) as error:
        message = "No AWS credentials were found."
        raise CredentialsMissingError(message, hint=_CONFIGURE) from error
    except NoRegionError as error:
        message = "No AWS region was found."
        raise RegionMissingError(message, hint=_SAY_A_REGION) from error
    except EndpointConnectionError as error:
        message = f"Nothing answers at {error.kwargs.get('endpoint_url', 'the endpoint')}."
        raise ServiceError(message, hint="Check AWS_ENDPOINT_URL and the network.") from error
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code in _REFUSED_CREDENTIALS:
            message = f"AWS refused the credentials: {said or code}"
            raise CredentialsMissingError(message, hint=_CONFIGURE) from error
        if code in NOT_ALLOWED:
            message = f"AWS does not allow {error.operation_name} with these credentials: {said or code}"
            hint = f"Whoever manages the account can allow the action {_action(error)}."
            raise ServiceError(message, hint=hint) from error
        if code == "ExecutionAlreadyExists":
            message = "There is an execution of that name already, with another input or ended."
            raise ExecutionIdTakenError(message, hint="Give another name, or none.") from error
        message = f"AWS refused {error.operation_name}: {said or code}"
        raise ServiceError(message) from error
    except BotoCoreError as error:
        message = f"AWS could not be called: {error}"
        raise ServiceError(message) from error


def _action(error: ClientError) -> str:
    """Return the action as policies name it, which AWS's sentence tells; else the operation."""
    named = _ACTION.search(error.response["Error"].get("Message", ""))
    return named.group(1) if named else error.operation_name
