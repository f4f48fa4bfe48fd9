"""The catalog of a deployment, as its planner knows it: the tools that can be run there, whatever is installed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from tool_contract import strict_json
from tool_contract.catalog import Catalog
from tool_executor.aws import translated_errors
from tool_executor.errors import ServiceError

if TYPE_CHECKING:
    from tool_executor.aws import Aws


def deployed_catalog(aws: Aws, planner_function: str) -> Catalog:
    """Ask the planner for its catalog. Raises ServiceError, also where it cannot be read, CredentialsMissingError."""
    with translated_errors():
        answer = aws.functions.invoke(FunctionName=planner_function, Payload=b'{"catalog": true}')
        body = answer["Payload"].read().decode("utf-8")
    if "FunctionError" in answer:
        raise ServiceError("The planner did not tell its catalog; its log says why.")
    try:
        return Catalog.model_validate(strict_json.parse(body))
    except (ValidationError, strict_json.JsonError) as error:
        message = "The planner's catalog cannot be read: the deployment is of another release."
        raise ServiceError(message, hint="Install the release that was deployed, or deploy this one.") from error
