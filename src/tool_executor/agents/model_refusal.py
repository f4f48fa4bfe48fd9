"""Why a model on Bedrock cannot be asked, and what to do: its key, region and endpoint may be its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ParamValidationError

from tool_executor.aws import LOCAL_KEY, NOT_ALLOWED
from tool_executor.errors import CredentialsMissingError, RegionMissingError, ServiceError

if TYPE_CHECKING:
    from tool_executor.errors import ToolExecutorError

#: Where models are, if not where AWS has them; AWS_ENDPOINT_URL may lead to a local cloud, which has none.
ENDPOINT: Final = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
_NO_CREDENTIALS: Final = "Models are on AWS, whatever runs the tools: set AWS_PROFILE or run 'aws configure'."
_NO_REGION: Final = "Models are on AWS, whatever runs the tools: set AWS_REGION, or give BedrockModel a region."
_LOCAL_CREDENTIALS: Final = (
    "The exported AWS_ACCESS_KEY_ID is the local cloud's, and goes before AWS_PROFILE: unset it and "
    "AWS_SECRET_ACCESS_KEY. AWS_ENDPOINT_URL alone leads a program's tools to the local cloud."
)
_NOT_ALLOWED: Final = (
    "Allow the action bedrock:InvokeModel on the model, and see that the account has access to it in this region."
)
_UNREACHABLE: Final = f"Check the network and the model's region, and {ENDPOINT} where it is set."


def model_refusal(error: ToolExecutorError, key_id: str | None) -> ToolExecutorError:
    """Return what an error of AWS means for who asks a model, with ``key_id`` where it is known.

    An error after the request was sent and before it was answered is returned as it is: the model may have been asked.
    """
    message = f"The model cannot be asked: {error.sentence}"
    if isinstance(error, RegionMissingError):
        return RegionMissingError(message, hint=_NO_REGION)
    if isinstance(error, CredentialsMissingError):
        return CredentialsMissingError(message, hint=_LOCAL_CREDENTIALS if key_id == LOCAL_KEY else _NO_CREDENTIALS)
    cause = error.__cause__
    if isinstance(cause, EndpointConnectionError | ConnectTimeoutError):
        return ServiceError(message, hint=_UNREACHABLE)
    if isinstance(cause, ClientError | ParamValidationError):
        is_denied = isinstance(cause, ClientError) and cause.response["Error"].get("Code") in NOT_ALLOWED
        return ServiceError(message, hint=_NOT_ALLOWED if is_denied else error.hint)
    return error
