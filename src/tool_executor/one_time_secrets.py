"""Puts a request's secrets where only its tools find them, and references in their place: before anything leaves."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tool_contract.limits import MAX_JSON_DEPTH
from tool_contract.secret import ONE_TIME_PREFIX, SECRET_REF, Secret, parameter_name
from tool_executor.aws import translated_errors
from tool_executor.errors import ServiceError, ToolExecutorError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from concurrent.futures import Executor

    from tool_executor.aws import Aws

_log = logging.getLogger("tool_executor")
_DELETED_AT_ONCE: Final = 10
_WRITERS: Final = 8


@dataclass(frozen=True, slots=True)
class References:
    """The one-time references of one request: the same for each :class:`Secret`, wherever it stands."""

    _by_identity: dict[int, tuple[str, Secret]] = field(default_factory=dict)

    def in_call(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """Return a call with references in place of the secrets in its input and in its fallbacks' inputs."""
        changed = dict(call)
        if "input" in call:
            changed["input"] = self._in_value(call["input"])
        if "fallbacks" in call:
            changed["fallbacks"] = [self.in_call(fallback) for fallback in call["fallbacks"]]
        return changed

    @property
    def secrets(self) -> dict[str, Secret]:
        """The secrets by the names of their references."""
        return dict(self._by_identity.values())

    def _in_value(self, value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - what a caller takes for JSON
        if isinstance(value, Secret):
            name, _ = self._by_identity.setdefault(id(value), (f"{ONE_TIME_PREFIX}{uuid.uuid4()}", value))
            return {SECRET_REF: name}
        if depth > MAX_JSON_DEPTH:
            return value  # whoever writes it as JSON says what is wrong with it
        if isinstance(value, Mapping):
            return {key: self._in_value(child, depth + 1) for key, child in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
            return [self._in_value(child, depth + 1) for child in value]
        return value


@dataclass(frozen=True, slots=True)
class OneTimeSecrets:
    """Parameter Store, for the secrets of a stage's requests. Calls of AWS run in ``threads``."""

    aws: Aws
    stage: str
    threads: Executor

    @asynccontextmanager
    async def referenced(self, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Give the body the request with references in place of its secrets, which are stored by then.

        Where the body ends by an error that says that nothing ran, they are deleted again; otherwise Finish deletes
        them when the execution ends. Raises ServiceError, CredentialsMissingError.
        """
        references = References()
        calls = [references.in_call(call) for call in request["calls"]]
        secrets = references.secrets
        if not secrets:
            yield request
            return
        storing = asyncio.ensure_future(self._in_thread(self._store, secrets))
        try:
            await asyncio.shield(storing)
            yield {**request, "calls": calls}
        except asyncio.CancelledError:
            if not storing.done():
                await asyncio.wait([storing])
                await self.delete(secrets)
            raise
        except ToolExecutorError as error:
            if error.nothing_ran:
                await self.delete(secrets)
            raise

    async def delete(self, names: Iterable[str]) -> None:
        """Delete what nobody will use. A failure is logged: the caller has another error to hear of."""
        await asyncio.shield(asyncio.ensure_future(self._in_thread(self._delete, list(names))))

    def _store(self, secrets: Mapping[str, Secret]) -> None:
        with translated_errors():
            client = self.aws.ssm
        with ThreadPoolExecutor(_WRITERS) as writers:
            puts = [writers.submit(self._put, client, name, secret) for name, secret in secrets.items()]
        for put in puts:
            put.result()

    def _put(self, client: Any, name: str, secret: Secret) -> None:  # noqa: ANN401 - see Aws.ssm
        try:
            with translated_errors():
                try:
                    client.put_parameter(
                        Name=parameter_name(self.stage, name), Value=secret.reveal(), Type="SecureString"
                    )
                except ClientError as error:
                    code = error.response["Error"]["Code"]
                    if code == "ValidationException":
                        # AWS may repeat the value that it does not like.
                        raise ServiceError("Parameter Store does not take a secret's text.") from None
                    raise
        except ToolExecutorError as error:
            error.nothing_ran = True
            raise

    def _delete(self, names: list[str]) -> None:
        parameters = [parameter_name(self.stage, name) for name in names]
        try:
            for start in range(0, len(parameters), _DELETED_AT_ONCE):
                self.aws.ssm.delete_parameters(Names=parameters[start : start + _DELETED_AT_ONCE])
        except (BotoCoreError, ClientError) as error:
            _log.warning("%d one-time secrets could not all be deleted: %s", len(names), type(error).__name__)

    async def _in_thread(self, function: Any, argument: Any) -> None:  # noqa: ANN401 - one of the two above
        await asyncio.get_running_loop().run_in_executor(self.threads, function, argument)
