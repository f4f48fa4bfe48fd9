"""Lambda's Invoke over one pool of connections, signed by botocore: as many at once as the caller wants.

boto3 would need a thread for each; aiohttp with botocore's signer did nearly twice the calls a second of aiobotocore.
An invocation is never repeated here: whoever invokes knows whether that is harmless.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from tool_contract import strict_json
from tool_executor.aws import translated_errors
from tool_executor.direct.function_answer import FunctionAnswer, NoAnswer
from tool_executor.errors import CredentialsMissingError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import aiohttp

    from tool_executor.aws import Aws

_CONNECT_SECONDS: Final = 5
_VERSION: Final = "2015-03-31"


@dataclass
class LambdaHttp:
    """Invokes functions. One may serve several event loops, each with connections of its own."""

    aws: Aws
    _sessions: dict[asyncio.AbstractEventLoop, _Session] = field(default_factory=dict)

    async def invoke(self, function: str, event: object, timeout_seconds: float) -> FunctionAnswer:
        """Invoke a function (its name or ARN) and return Lambda's answer, whatever it is.

        Raises:
            NoAnswer: Lambda was not reached, or its answer was not.
            CredentialsMissingError: no credentials or region were found.
        """
        import aiohttp  # noqa: PLC0415 - who goes by the state machine does not need it

        body = strict_json.dumps(event).encode()
        url, headers = self._signed(function, body)
        limits = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=_CONNECT_SECONDS)
        session = await self._session()
        try:
            async with session.post(url, data=body, headers=headers, timeout=limits) as response:
                return FunctionAnswer(
                    response.status,
                    await response.read(),
                    response.headers.get("X-Amz-Function-Error"),
                    _error_type(response.headers.get("X-Amzn-ErrorType")),
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NoAnswer(type(error).__name__, sent=False) from error
        except RuntimeError as error:
            if not session.closed:
                raise
            # aiohttp says so by a bare RuntimeError, before anything is sent.
            raise NoAnswer("the connections were closed", sent=False) from error
        except TimeoutError as error:
            raise NoAnswer("the answer took too long", sent=True, timed_out=True) from error
        except aiohttp.ClientError as error:
            raise NoAnswer(type(error).__name__, sent=True) from error

    async def close(self) -> None:
        """Close the running loop's connections."""
        kept = self._sessions.pop(asyncio.get_running_loop(), None)
        if kept is not None:
            await kept.aclose()

    async def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        kept = self._sessions.get(loop)
        if kept is None:
            open_ones = {other: session for other, session in self._sessions.items() if not other.is_closed()}
            kept = _Session(loop)
            self._sessions = {**open_ones, loop: kept}
        return await kept.session()

    def _signed(self, function: str, body: bytes) -> tuple[Any, dict[str, str]]:
        import yarl  # noqa: PLC0415 - aiohttp's own

        with translated_errors():
            meta = self.aws.functions.meta
            credentials = self.aws.credentials
        if credentials is None:
            raise CredentialsMissingError("No AWS credentials were found.", hint="Run 'aws configure'.")
        url = f"{meta.endpoint_url}/{_VERSION}/functions/{quote(function, safe='')}/invocations"
        request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(credentials.get_frozen_credentials(), "lambda", meta.region_name).add_auth(request)
        return yarl.URL(url, encoded=True), dict(request.headers.items())


def _error_type(header: str | None) -> str | None:
    # As Step Functions names the errors of Lambda's API.
    return None if header is None else f"Lambda.{header.split(':', 1)[0]}"


class _Session:
    """A loop's connections, closed with its asynchronous generators: asyncio.run takes care of them at its end."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._opened = _opened()
        self._opening: asyncio.Task[aiohttp.ClientSession] = loop.create_task(anext(self._opened))

    async def session(self) -> aiohttp.ClientSession:
        return await asyncio.shield(self._opening)

    async def aclose(self) -> None:
        await self._opening
        await self._opened.aclose()


async def _opened() -> AsyncGenerator[aiohttp.ClientSession, None]:
    import aiohttp  # noqa: PLC0415 - as above

    # No limit of its own: the executor's concurrency is the limit.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False) as session:
        yield session
