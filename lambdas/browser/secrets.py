"""Secrets in a session: which are kept for which origin, and which were typed, so that they are masked from then on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from browser_policy import UrlRefused, parse_url
from lambdas.browser.agent import RevealedSecret
from lambdas.browser.errors import SecretNotForOrigin
from lambdas.runtime import aws_clients
from lambdas.runtime.telemetry import logger
from tool_contract.errors import NotFound, Unavailable
from tool_contract.secret import SecretRef, is_one_time, origins_parameter_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.runtime.sessions.registry import KnownSession

_STAGE: Final = os.environ.get("STAGE", "dev")


@dataclass(frozen=True, slots=True)
class SessionSecrets:
    """The secrets of a session, and the one that the call is going to type, if it is. ``texts`` are to be hidden."""

    texts: tuple[str, ...]
    wanted: RevealedSecret | None = None

    @classmethod
    def of(cls, known: KnownSession, wanted: SecretRef | None = None) -> SessionSecrets:
        """Reveal the secrets, in the tool's own thread: from now on the attempt's words are masked for them.

        Raises NotFound, SecretNotForOrigin for the wanted one; Unavailable: without knowing what was typed before,
        nothing of the page may be told.
        """
        texts = []
        for name in known.typed_secrets:
            try:
                texts.append(SecretRef(name).reveal())
            except NotFound:
                logger.warning("a secret that was typed in the session is gone", extra={"session": known.key})
        if wanted is None:
            return cls(tuple(texts))
        revealed = RevealedSecret(wanted.name, wanted.reveal(), _origins_of(wanted, known))
        return cls((*texts, revealed.text), revealed)


def _origins_of(ref: SecretRef, known: KnownSession) -> Sequence[str] | None:
    """Return the origins of a secret. A one-time secret belongs where it is typed first."""
    if is_one_time(ref.name):
        typed = known.typed_secrets.get(ref.name)
        return None if typed is None else (typed,)
    client = aws_clients.ssm()
    try:
        found = client.get_parameter(Name=origins_parameter_name(_STAGE, ref.name))
    except client.exceptions.ParameterNotFound:
        message = f"No origins are named for the secret {ref.name!r}, so it is typed nowhere."
        hint = "An operator names them: see docs/browser.md, 'Secrets'."
        raise SecretNotForOrigin(message, pointer="/text", hint=hint) from None
    except (BotoCoreError, ClientError) as error:
        message = "Parameter Store did not answer for a secret's origins."
        raise Unavailable(message) from error
    return [_origin(text, ref.name) for text in str(found["Parameter"]["Value"]).split(",") if text.strip()]


def _origin(text: str, name: str) -> str:
    try:
        return parse_url(text.strip()).origin
    except UrlRefused:
        message = f"What an operator wrote down as the origins of the secret {name!r} is none; it is typed nowhere."
        raise SecretNotForOrigin(
            message, pointer="/text", hint="Origins are https://shop.example, commas between."
        ) from None
