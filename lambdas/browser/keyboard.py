"""Types into a field: text that replaces what it holds, keys by name, and secrets where they belong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from playwright.async_api import Error

from lambdas.browser import elements, page_world
from lambdas.browser.agent import RevealedSecret
from lambdas.browser.clicking import APPEARS_MS, settled
from lambdas.browser.errors import ElementNotReady, PageUnresponsive, SecretNotForOrigin, SecretRequiresRef
from lambdas.browser.keys import Press, Write, read_keys
from lambdas.browser.navigation import check_place
from lambdas.browser.results import Typed
from tool_contract.errors import Effect, InvalidInput
from tool_contract.secret import is_one_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import ElementHandle, Frame

    from lambdas.browser.action import Action
    from lambdas.browser.current_page import CurrentPage
    from lambdas.browser.elements import Probe
    from lambdas.browser.places import Places

#: How long a key's effect may take to show, where nothing but an effect tells that it went anywhere.
_EFFECT_SECONDS: Final = 0.6
_LOOKS_SECONDS: Final = 0.05
_WHOLE_PAGE: Final = frozenset({"body", "html"})
_REASONS: Final = {
    "disabled": ("The field {!r} is disabled.", "Fill in what it waits for."),
    "read-only": ("The field {!r} is read-only.", None),
    "no field": ("The element {!r} takes no text.", "Click checkboxes, radio buttons and buttons."),
    "focus": ("The field {!r} does not keep the focus: the page takes it away.", None),
    "frame": (
        "After {!r} the focus went into a frame of its own; what follows was not typed.",
        "Name the frame's field.",
    ),
    "option": ("The list {!r} has no option of that name.", "get_page_state lists the options."),
    "form": (
        "The field {!r} does not take a text of this form.",
        "Dates are YYYY-MM-DD, times HH:MM, numbers plain digits.",
    ),
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where text may go: a frame, and its origin where that was named, or where it is a secret's."""

    frame: Frame
    origin: str | None
    secret: bool


@dataclass(slots=True)
class Typing:
    """One call of ``type``."""

    current: CurrentPage
    places: Places
    action: Action
    selector: str

    async def run(self, text: str | RevealedSecret, origin: str | None) -> Typed:
        """Type. Raises what :mod:`lambdas.browser.errors` has, and InvalidInput for a key that there is not."""
        parts = [Write(text.text)] if isinstance(text, RevealedSecret) else read_keys(text)
        locator = await elements.found(self.current, self.selector, APPEARS_MS)
        handle = await elements.handle_of(self.current, locator)
        probe = await elements.probed(self.current, handle)
        place = await self._place(handle, origin, text if isinstance(text, RevealedSecret) else None)
        if not place.secret and probe.password and any(_says(part) for part in parts):
            _refuse_plain_text()
        await self.action.announce()
        chose = await self._typed(handle, probe, parts, place)
        await settled(self.current)
        await check_place(self.current, self.places, effect=self.action.effect)
        return Typed(
            url=self.current.url,
            keys=sum(isinstance(part, Press) for part in parts),
            chose_option=chose,
            opened_pages=self.current.opened_pages,
            refused_downloads=self.current.refused_downloads,
            untrusted_content=await self.current.words(),
        )

    async def _place(self, handle: ElementHandle, origin: str | None, secret: RevealedSecret | None) -> _Place:
        frame = await handle.owner_frame() or self.current.page.main_frame
        here = self.places.origin_of(frame.url)
        if origin is not None and not self.places.origin_of(origin):
            message = "What was named as the origin is none."
            raise InvalidInput(message, pointer="/origin", hint="An origin is https://shop.example.")
        if origin is not None and self.places.origin_of(origin) != here:
            message = f"The field belongs to {here or 'no site'}, not to the origin that was named; nothing was typed."
            raise SecretNotForOrigin(message, pointer="/origin")
        if secret is None:
            return _Place(frame, None if origin is None else here, secret=False)
        if not here or (secret.origins is not None and here not in secret.origins):
            message = f"The secret is not kept for {here or 'a page without an origin'}; nothing was typed."
            hint = "An operator names the origins of a secret: see docs/browser.md, 'Secrets'."
            if is_one_time(secret.name):
                hint = "A one-time secret belongs to the origin at which it is typed first."
            raise SecretNotForOrigin(message, pointer="/text", hint=hint)
        await self.action.announce_secret(secret.name, here)
        return _Place(frame, here, secret=True)

    async def _typed(self, handle: ElementHandle, probe: Probe, parts: Sequence[Write | Press], here: _Place) -> bool:
        if probe.select:
            await self._chosen(handle, parts)
            return True
        if isinstance(parts[0], Press) and probe.disabled:
            self._refuse("disabled")
        for number, part in enumerate(parts):
            if isinstance(part, Write):
                element = handle if number == 0 else await self._focused(here.frame)
                await self._put(element, part.text, here, replace=number == 0)
                continue
            if number == 0:
                await self._focus(handle, probe)
            await self._pressed(part.key, here, must_show=probe.tag in _WHOLE_PAGE)
        self.action.done()
        return False

    async def _put(self, element: ElementHandle, text: str, here: _Place, *, replace: bool) -> None:
        """Put text into a field in one go, where it still is what it was looked at as. See ``insert`` in the script."""
        about = {"text": text, "origin": here.origin, "secret": here.secret, "replace": replace}
        before = self.action.effect
        self.action.begins()
        told = await self.current.answered(page_world.ask(element, "insert", about))
        if not told.get("done"):
            self.action.effect = before
            self._refuse(told.get("refused", ""))

    async def _focused(self, frame: Frame) -> ElementHandle:
        """Return what a key has moved the focus to; only in the frame that the text was meant for."""
        element = await self.current.answered(page_world.focused(frame))
        if element is None or (await self.current.answered(page_world.ask(frame, "focused")))["frame"]:
            self._refuse("frame")
        return element

    def _refuse(self, reason: str) -> NoReturn:
        if reason == "password":
            _refuse_plain_text(self.action.effect)
        if reason == "origin":
            message = "The field's frame is of no origin, or of another than its address says; nothing was typed."
            raise SecretNotForOrigin(message, pointer="/selector")
        sentence, hint = _REASONS.get(reason, _REASONS["form"])
        effect = None if self.action.effect is Effect.NONE else self.action.effect
        raise ElementNotReady(sentence.format(self.selector), pointer="/selector", hint=hint, effect=effect)

    async def _chosen(self, handle: ElementHandle, parts: Sequence[Write | Press]) -> None:
        if len(parts) != 1 or not isinstance(parts[0], Write):
            message = f"{self.selector!r} is a drop-down list: name one of its options, and no keys."
            raise ElementNotReady(message, pointer="/text")
        self.action.begins()
        told = await self.current.answered(page_world.ask(handle, "choose", {"wanted": parts[0].text}))
        if not told.get("done"):
            self.action.undone()
            self._refuse(told.get("refused", ""))
        self.action.done()

    async def _focus(self, handle: ElementHandle, probe: Probe) -> None:
        if probe.focused:
            return
        if not probe.focusable:
            message = f"Nothing in {self.selector!r} has the focus, so the keys would go nowhere."
            raise ElementNotReady(message, pointer="/selector", hint="Type into a field, or click it first.")
        await handle.focus()

    async def _pressed(self, key: str, here: _Place, *, must_show: bool) -> None:
        scene = await self._scene() if must_show else None
        if key == "Space" and (await self.current.answered(page_world.ask(here.frame, "focused")))["password"]:
            _refuse_plain_text(self.action.effect)
        self.action.begins()
        await self.current.page.keyboard.press(key)
        if scene is None:
            return
        for _ in range(round(_EFFECT_SECONDS / _LOOKS_SECONDS)):
            await asyncio.sleep(_LOOKS_SECONDS)
            if self.current.opened_pages or self.current.dialogs or await self._scene() != scene:
                return
        message = f"The key changed nothing that {self.selector!r} shows."
        raise ElementNotReady(
            message, pointer="/text", hint="Name the field that the key is for.", effect=Effect.UNKNOWN
        )

    async def _scene(self) -> str | None:
        try:
            return str(await self.current.answered(page_world.ask(self.current.page.main_frame, "scene"), 1.0))
        except (Error, PageUnresponsive):
            return None  # the page is on its way to another one


def _says(part: Write | Press) -> bool:
    return isinstance(part, Write) and part.text != ""


def _refuse_plain_text(effect: Effect | None = None) -> NoReturn:
    message = "A password field takes a secret by reference only; nothing was typed into it."
    hint = 'Give {"secret_ref": "name"}, or Secret("…") in the Python client.'
    raise SecretRequiresRef(message, pointer="/text", hint=hint, effect=effect)
