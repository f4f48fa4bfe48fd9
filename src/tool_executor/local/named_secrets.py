"""Named secrets from the environment: an operator's Parameter Store, for a local cloud that is gone when it ends.

``TOOL_EXECUTOR_SECRET_SHOP__LOGIN`` is the secret ``shop/login``, and ``TOOL_EXECUTOR_ORIGINS_SHOP__LOGIN`` names the
origins at which the browser may type it, separated by commas.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from tool_contract.secret import origins_parameter_name, parameter_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRET: Final = "TOOL_EXECUTOR_SECRET_"  # noqa: S105 - the beginning of a variable's name
_ORIGINS: Final = "TOOL_EXECUTOR_ORIGINS_"


def put_named_secrets(client: Any, stage: str, environment: Mapping[str, str] = os.environ) -> None:  # noqa: ANN401 - boto3's
    """Put what the environment says of secrets into Parameter Store."""
    for variable, value in environment.items():
        if variable.startswith(_SECRET) and value:
            name = parameter_name(stage, _name(variable.removeprefix(_SECRET)))
            client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        elif variable.startswith(_ORIGINS) and value:
            name = origins_parameter_name(stage, _name(variable.removeprefix(_ORIGINS)))
            client.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


def _name(words: str) -> str:
    return words.lower().replace("__", "/")
