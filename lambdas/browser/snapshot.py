"""What stood in the browser when a call failed: for whoever decides what to do next. Each item has a second or two."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import Error

from lambdas.browser import elements, page_world, reading
from lambdas.browser.errors import PageCrashed, PageUnresponsive
from lambdas.browser.page_world import clean
from tool_contract.limits import MAX_FAILURE_METADATA_BYTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from lambdas.browser.agent import Picture
    from lambdas.browser.current_page import CurrentPage

#: Of what a failure's metadata may have, this leaves room for where the picture lies.
_MAX_METADATA: Final = MAX_FAILURE_METADATA_BYTES - 600
_SECONDS: Final = 1.5
_PICTURE_SECONDS: Final = 2.0
_MAX_URL: Final = 500
_MAX_NAME: Final = 60
_MAX_SELECTOR: Final = 150
_MAX_OPTIONS: Final = 5


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A failure's metadata, and a picture if there was the time for one."""

    metadata: dict[str, Any]
    picture: Picture | None = None


async def taken(current: CurrentPage, selector: str | None, secrets: Sequence[str]) -> Snapshot:
    """Return where the browser stands. Raises nothing: what does not answer is left out."""
    words = await current.words()
    found: list[dict[str, Any]] = []
    state: dict[str, Any] = {
        "ready_state": clean(await _or_none(current, page_world.ask(current.page.main_frame, "ready")), 20)
        or "unknown",
        "pages": len(current.page.context.pages),
        "frames": len(current.frames()) - 1,
        "untrusted_content": {"dialogs": [dialog.model_dump() for dialog in words.dialogs[:3]]},
    }
    metadata: dict[str, Any] = {"url": current.url[:_MAX_URL], "page_title": words.title, "browser_state": state}
    if selector is not None:
        metadata["selector"] = selector
        found += await _like(current, selector)
        state["untrusted_content"]["elements"] = found
    while found and len(json.dumps(metadata, ensure_ascii=False).encode()) > _MAX_METADATA:
        found.pop()  # the likeliest stand first
    picture = await _or_none(current, reading.picture_of(current, secrets, seconds=_PICTURE_SECONDS), _PICTURE_SECONDS)
    return Snapshot(metadata, picture)


async def _like(current: CurrentPage, selector: str) -> list[dict[str, Any]]:
    found = await _or_none(current, elements.similar(current, selector)) or []
    return [
        {
            **element.model_dump(exclude_none=True, exclude_defaults=True, exclude={"options"}),
            "selector": element.selector[:_MAX_SELECTOR],
            "name": element.name[:_MAX_NAME],
            **({"options": element.options[:_MAX_OPTIONS]} if element.options else {}),
        }
        for element in found
    ]


async def _or_none(current: CurrentPage, asked: Awaitable[Any], seconds: float = _SECONDS) -> Any:  # noqa: ANN401 - any answer
    try:
        return await current.answered(asked, seconds)
    except (Error, PageUnresponsive, PageCrashed):
        return None
