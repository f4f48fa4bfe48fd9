"""Types into a field: text that replaces what it holds, keys by name, and secrets where they belong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from playwright.async_api import Error
from playwright.async_api import TimeoutError as PlaywrightTimeout

from lambdas.browser import elements
from lambdas.browser.agent import RevealedSecret
from lambdas.browser.clicking import APPEARS_MS, settled
from lambdas.browser.errors import ElementNotReady, SecretNotForOrigin, SecretRequiresRef
from lambdas.browser.keys import Press, Write, read_keys
from lambdas.browser.navigation import check_place
from lambdas.browser.results import Typed
from tool_contract.errors import Effect, InvalidInput
from tool_contract.secret import is_one_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import ElementHandle

    from lambdas.browser.action import Action
    from lambdas.browser.current_page import CurrentPage
    from lambdas.browser.elements import Probe
    from lambdas.browser.places import Places

_FIELD_MS: Final = 3_000
#: How long a key's effect may take to show, where nothing but an effect tells that it went anywhere.
_EFFECT_SECONDS: Final = 0.6
_LOOKS_SECONDS: Final = 0.05
_WHOLE_PAGE: Final = frozenset({"body", "html"})
_SCENE: Final = (
    "() => [location.href, document.activeElement?.outerHTML.length, document.body?.innerHTML.length,"
    " document.querySelectorAll('*').length, [...document.querySelectorAll('input,select,textarea')]"
    ".map((field) => field.checked + ':' + field.value.length).join()].join('|')"
)


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
        handle = await locator.element_handle(timeout=self.current.milliseconds(_FIELD_MS))
        probe = await elements.probed(self.current, handle)
        await self._check_origin(handle, origin, text if isinstance(text, RevealedSecret) else None)
        if not isinstance(text, RevealedSecret) and probe.password and any(_says(part) for part in parts):
            _refuse_plain_text()
        await self.action.announce()
        chose = await self._typed(handle, probe, parts)
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

    async def _check_origin(self, handle: ElementHandle, origin: str | None, secret: RevealedSecret | None) -> None:
        frame = await handle.owner_frame()
        here = self.places.origin_of(frame.url if frame else self.current.url)
        if origin is not None and not self.places.origin_of(origin):
            message = "What was named as the origin is none."
            raise InvalidInput(message, pointer="/origin", hint="An origin is https://shop.example.")
        if origin is not None and self.places.origin_of(origin) != here:
            message = f"The field belongs to {here or 'no site'}, not to the origin that was named; nothing was typed."
            raise SecretNotForOrigin(message, pointer="/origin")
        if secret is None:
            return
        if not here or (secret.origins is not None and here not in secret.origins):
            message = f"The secret is not kept for {here or 'a page without an origin'}; nothing was typed."
            hint = "An operator names the origins of a secret: see docs/browser.md, 'Secrets'."
            if is_one_time(secret.name):
                hint = "A one-time secret belongs to the origin at which it is typed first."
            raise SecretNotForOrigin(message, pointer="/text", hint=hint)
        await self.action.announce_secret(secret.name, here)

    async def _typed(self, handle: ElementHandle, probe: Probe, parts: Sequence[Write | Press]) -> bool:
        if probe.select:
            await self._chosen(handle, parts)
            return True
        self._check_field(probe, parts)
        filled = False
        for number, part in enumerate(parts):
            if isinstance(part, Write) and number == 0:
                await self._filled(handle, probe, part.text)
                filled = True
            elif isinstance(part, Write):
                await self._inserted(part.text)
            else:
                if number == 0 or (filled and number == 1):
                    await self._focus(handle, probe)
                await self._pressed(part.key, must_show=probe.tag in _WHOLE_PAGE)
        self.action.done()
        return False

    def _check_field(self, probe: Probe, parts: Sequence[Write | Press]) -> None:
        writes = isinstance(parts[0], Write)
        if probe.disabled or (writes and probe.read_only):
            message = f"The field {self.selector!r} is {'disabled' if probe.disabled else 'read-only'}."
            raise ElementNotReady(message, pointer="/selector")
        if writes and not probe.writable:
            message = f"The element {self.selector!r} (a <{probe.tag}>) takes no text."
            raise ElementNotReady(message, pointer="/selector", hint="Click checkboxes, radio buttons and buttons.")

    async def _filled(self, handle: ElementHandle, probe: Probe, text: str) -> None:
        self.action.begins()
        try:
            await handle.fill(text, timeout=self.current.milliseconds(_FIELD_MS))
        except PlaywrightTimeout:
            self.action.undone()
            raise ElementNotReady(f"The field {self.selector!r} did not take the text.", pointer="/selector") from None
        except Error as error:
            if "Malformed value" in error.message or "Cannot type text into" in error.message:
                raise self._not_taken() from None
            raise
        if text and probe.tag == "input" and not await handle.input_value():
            raise self._not_taken()  # a browser empties the field without a word

    def _not_taken(self) -> ElementNotReady:
        self.action.undone()
        message = f"The field {self.selector!r} does not take a text of this form."
        hint = "Dates are YYYY-MM-DD, times HH:MM, numbers plain digits."
        return ElementNotReady(message, pointer="/text", hint=hint)

    async def _inserted(self, text: str) -> None:
        """Write into whatever has the focus: a key before may have moved it."""
        focused = await self.current.page.evaluate_handle("() => document.activeElement || document.body")
        element = focused.as_element()
        if element is None or (await elements.probed(self.current, element)).password:
            _refuse_plain_text(self.action.effect)
        self.action.begins()
        await self.current.page.keyboard.insert_text(text)

    async def _chosen(self, handle: ElementHandle, parts: Sequence[Write | Press]) -> None:
        if len(parts) != 1 or not isinstance(parts[0], Write):
            message = f"{self.selector!r} is a drop-down list: name one of its options, and no keys."
            raise ElementNotReady(message, pointer="/text")
        wanted = parts[0].text
        self.action.begins()
        limit = self.current.milliseconds(500)
        for by_label in (True, False):
            try:
                if by_label:
                    await handle.select_option(label=wanted, timeout=limit)
                else:
                    await handle.select_option(value=wanted, timeout=limit)
            except PlaywrightTimeout:
                continue
            self.action.done()
            return
        self.action.undone()
        message = f"The list {self.selector!r} has no option of that name, or it is disabled."
        raise ElementNotReady(message, pointer="/text", hint="get_page_state lists the options.")

    async def _focus(self, handle: ElementHandle, probe: Probe) -> None:
        if probe.focused:
            return
        if not probe.focusable:
            message = f"Nothing in {self.selector!r} has the focus, so the keys would go nowhere."
            raise ElementNotReady(message, pointer="/selector", hint="Type into a field, or click it first.")
        await handle.focus()

    async def _pressed(self, key: str, *, must_show: bool) -> None:
        scene = await self._scene() if must_show else None
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
            return str(await self.current.answered(self.current.page.evaluate(_SCENE), 1.0))
        except Error:
            return None  # the page is on its way to another one


def _says(part: Write | Press) -> bool:
    return isinstance(part, Write) and part.text != ""


def _refuse_plain_text(effect: Effect | None = None) -> NoReturn:
    message = "A password field takes a secret by reference only; nothing was typed into it."
    hint = 'Give {"secret_ref": "name"}, or Secret("…") in the Python client.'
    raise SecretRequiresRef(message, pointer="/text", hint=hint, effect=effect)
