"""A tool's secrets while it runs: fetched when they are asked for, masked wherever the attempt writes."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from tool_contract.errors import ErrorCode, NotFound, ToolError, Unavailable
from tool_contract.masking import Masks, masking
from tool_contract.secret import SecretRef, parameter_name, secrets_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TextIO

#: Read when the process begins: a tool may change its own environment.
_STAGE: Final = os.environ.get("STAGE", "dev")
_HINT: Final = "A one-time secret is gone when its execution has ended; any other is kept by an operator."


class SecretsForbidden(ToolError):
    """The function's role may not read the stage's secrets."""

    code = ErrorCode.MISCONFIGURED


@dataclass(frozen=True, slots=True)
class AttemptSecrets:
    """What one attempt has revealed: each secret is fetched once, and forgotten with the attempt."""

    arguments: Mapping[str, Any]
    _output: ExitStack
    masks: Masks = field(default_factory=Masks)
    _revealed: dict[str, str] = field(default_factory=dict)

    def reveal(self, name: str) -> str:
        """Return a secret's value. Raises NotFound, Unavailable, :class:`SecretsForbidden`."""
        if name not in self._revealed:
            value = self._fetched(name)
            if not self._revealed:
                self._output.enter_context(_masked_output(self.masks))
            self.masks.add(value)
            self._revealed[name] = value
        return self._revealed[name]

    def _fetched(self, name: str) -> str:
        client = aws_clients.ssm()
        try:
            found = client.get_parameter(Name=parameter_name(_STAGE, name), WithDecryption=True)
        except client.exceptions.ParameterNotFound:
            message = "There is no secret of that name."
            raise NotFound(message, pointer=self._pointer(name), hint=_HINT) from None
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == "AccessDeniedException":
                message = "The tool's function may not read the secret."
                raise SecretsForbidden(message) from error
            message = "Parameter Store did not answer for a secret."
            raise Unavailable(message) from error
        return str(found["Parameter"]["Value"])

    def _pointer(self, name: str) -> str | None:
        fields = (field for field, value in self.arguments.items() if value == SecretRef(name))
        return next((f"/{field}" for field in fields), None)


@contextmanager
def attempt_secrets(arguments: Mapping[str, Any]) -> Iterator[AttemptSecrets]:
    """Let a tool reveal its secrets in the body; what it then logs, prints or raises there has them masked."""
    with ExitStack() as output:
        secrets = AttemptSecrets(arguments, output)
        with masking(secrets.masks), secrets_from(secrets.reveal):
            yield secrets


@contextmanager
def _masked_output(masks: Masks) -> Iterator[None]:
    handlers = _handlers()
    for handler in handlers:
        handler.format = _Format(handler.format, masks)  # type: ignore[method-assign]
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast("TextIO", _Stream(out, masks)), cast("TextIO", _Stream(err, masks))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
        for handler in handlers:
            del handler.format  # the class's own is behind it


def _handlers() -> set[logging.Handler]:
    named = [one for one in logging.Logger.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    return {handler for logger in (logging.getLogger(), *named) for handler in logger.handlers}


@dataclass(frozen=True, slots=True)
class _Format:
    """A handler's format: there a record is a line at last, with extras and tracebacks in it."""

    plain: Callable[[logging.LogRecord], str]
    masks: Masks

    def __call__(self, record: logging.LogRecord) -> str:
        return self.masks.text(self.plain(record))


class _Stream:
    """Standard output or error, for what a tool prints."""

    def __init__(self, stream: TextIO, masks: Masks) -> None:
        self._stream = stream
        self._masks = masks

    def write(self, text: str) -> int:
        self._stream.write(self._masks.text(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a stream has
        return getattr(self._stream, name)
