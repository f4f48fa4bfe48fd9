"""Imports what CloudFormation drags in of moto, without what it reads from disk for services that nothing here uses.

EC2 then knows one region and no instance types; API Gateway checks no OpenAPI documents.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final
from unittest.mock import patch

from tool_executor.local.deployment import REGION

_OPENAPI: Final = "openapi_spec_validator"
_SLOW_RESOURCES: Final = ("ec2/resources/instance_types.json", "ec2/resources/instance_type_offerings")


def import_moto() -> None:
    """Import what a stack's deployment needs."""
    with _openapi_left_out():
        importlib.import_module("moto.apigateway.models")
    with _ec2_made_small():
        importlib.import_module("moto.ec2.models")
    importlib.import_module("moto.cloudformation.models")


class _OneRegion:
    """Stands in for boto3.Session where EC2 lists regions: building one reads botocore's list of endpoints anew."""

    @staticmethod
    def get_available_regions(_service: str, partition_name: str = "aws") -> list[str]:
        return [REGION] if partition_name == "aws" else []


@contextmanager
def _ec2_made_small() -> Iterator[None]:
    from moto.utilities import utils  # noqa: PLC0415 - moto is imported when a cloud starts

    load_resource = utils.load_resource

    def load_less(path: str) -> Any:  # noqa: ANN401 - JSON is any value
        return {} if path.startswith(_SLOW_RESOURCES) else load_resource(path)

    with patch("boto3.Session", _OneRegion), patch.object(utils, "load_resource", load_less):
        yield


@contextmanager
def _openapi_left_out() -> Iterator[None]:
    if _OPENAPI in sys.modules:
        yield
        return
    package, validation, exceptions = (
        ModuleType(name) for name in (_OPENAPI, f"{_OPENAPI}.validation", f"{_OPENAPI}.validation.exceptions")
    )
    vars(package)["validate"] = lambda *_args, **_kwargs: None
    vars(exceptions)["OpenAPIValidationError"] = type("OpenAPIValidationError", (Exception,), {})
    stand_ins = {module.__name__: module for module in (package, validation, exceptions)}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]
