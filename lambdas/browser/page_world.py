"""Asks a page in a world of its own: what its scripts did to the language's objects does not reach there.

Playwright evaluates in the page's own world, where ``Array.prototype.map`` is what the page made of it. Its selector
engines run in an isolated one; so questions go as selectors, and answers come back as an attribute (see the script).
"""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from lambdas.browser.errors import PageUnresponsive
from tool_contract.masking import masked, masked_start
from tool_contract.secret import MAX_SECRET_BYTES

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ElementHandle, Frame

_ENGINE: Final = "tool-executor"
_ANSWER: Final = "data-answer"
#: What is cut is masked first, whole: so more is asked of the page than is told.
SLACK: Final = MAX_SECRET_BYTES


async def install(context: BrowserContext) -> None:
    """Make a connection's pages answerable; once for each connection.

    Playwright's own ``selectors.register`` keeps every name for ever, and knows the contexts of a connection too late.
    """
    engine: Any = {"name": _ENGINE, "source": _script(), "contentScript": True}
    await context._impl_obj._channel.registerSelectorEngine(selectorEngine=engine, timeout=0)  # noqa: SLF001 - see above


async def ask(root: Frame | ElementHandle, what: str, about: Any = None) -> Any:  # noqa: ANN401 - the script's own
    """Return what a frame, or an element, answers to a question of the script. Raises PageUnresponsive."""
    answer = await root.query_selector(_question(what, about))
    text = None if answer is None else await answer.get_attribute(_ANSWER)
    if text is None:
        message = "The page changed while it was being asked."
        raise PageUnresponsive(message)
    return json.loads(text)  # nosemgrep: unguarded-json - our script wrote it, where the page's own cannot reach


async def focused(frame: Frame) -> ElementHandle | None:
    """Return the element of a frame that keys go to."""
    return await frame.query_selector(_question("focus", None))


def clean(text: object, most: int) -> str:
    """Return a text as JSON, UTF-8 and people take it: whatever else the page gave is none."""
    return text[:most].encode("utf-8", "replace").decode() if isinstance(text, str) else ""


def shown(text: object, most: int) -> str:
    """Return how a page's text begins: masked, then cut, for half of a secret is too much of it."""
    plain = clean(text, most + SLACK)
    # A text that was cut already, by UTF-16's units, may end in half of a secret, and masks draw its end nearer.
    was_cut = len(plain.encode("utf-16-le")) >= 2 * (most + SLACK)
    return (masked_start(plain) if was_cut else masked(plain))[:most]


def _question(what: str, about: object) -> str:
    asked = quote(json.dumps({"what": what, "about": about}), safe="")
    return f"{_ENGINE}={base64.b64encode(asked.encode()).decode()}"


@cache
def _script() -> str:
    return Path(__file__).with_name("page_world.js").read_text(encoding="utf-8")
