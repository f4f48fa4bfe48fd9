"""Text with keys in braces, as people write it: ``mia{Tab}{Enter}``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tool_contract.errors import InvalidInput
from tool_contract.problems import close_names

_NAMED: Final = {
    "enter": "Enter",
    "return": "Enter",
    "tab": "Tab",
    "escape": "Escape",
    "esc": "Escape",
    "space": "Space",
    "backspace": "Backspace",
    "delete": "Delete",
    "del": "Delete",
    "insert": "Insert",
    "home": "Home",
    "end": "End",
    "pageup": "PageUp",
    "pgup": "PageUp",
    "pagedown": "PageDown",
    "pgdn": "PageDown",
    "up": "ArrowUp",
    "down": "ArrowDown",
    "left": "ArrowLeft",
    "right": "ArrowRight",
    "arrowup": "ArrowUp",
    "arrowdown": "ArrowDown",
    "arrowleft": "ArrowLeft",
    "arrowright": "ArrowRight",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
_MODIFIERS: Final = {
    "ctrl": "Control",
    "control": "Control",
    "alt": "Alt",
    "shift": "Shift",
    "meta": "Meta",
    "cmd": "Meta",
    "command": "Meta",
}
#: Of the letters, those that select, undo and redo. The clipboard would carry text, a secret too, from site to site.
_WITH_CONTROL: Final = frozenset("ayz")
_CLIPBOARD: Final = frozenset({"Insert", "Delete"})
_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Write:
    """Text to put into a field."""

    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """A key to press, with its modifiers, in the browser's own name: ``Control+a``."""

    key: str


def read_keys(text: str) -> list[Write | Press]:
    """Return a text's parts in order. Raises InvalidInput for a key that there is not."""
    parts: list[Write | Press] = []
    written: list[str] = []
    position = 0
    for match in _PART.finditer(text):
        written.append(text[position : match.start()])
        position = match.end()
        if match[0] in {"{{", "}}"}:
            written.append(match[0][0])
            continue
        if match[1] is None:
            message = "A single brace stands in the text."
            raise InvalidInput(message, pointer="/text", hint="Write {{ and }} for braces.")
        if "".join(written):
            parts.append(Write("".join(written)))
        written = []
        parts.append(Press(_key(match[1])))
    written.append(text[position:])
    rest = "".join(written)
    if rest or not parts:
        parts.append(Write(rest))
    return parts


def _key(name: str) -> str:
    *modifiers, last = [part.strip() for part in name.split("+")] if name.strip("+ ") else [name]
    pressed = [_MODIFIERS.get(modifier.lower()) for modifier in modifiers]
    key = _NAMED.get(last.lower()) or (last.lower() if last.lower() in _WITH_CONTROL and _commands(pressed) else None)
    if key is None or None in pressed or (key in _CLIPBOARD and pressed):
        # The name is not repeated: it may be a part of what somebody meant to type.
        hint = close_names(last.lower(), _NAMED)
        message = "There is no key of the name that stands in braces."
        raise InvalidInput(
            message, pointer="/text", hint=f"{hint or 'Keys are {Enter}, {Tab}, {Ctrl+A} …'} {{{{ is a brace."
        )
    return "+".join([*filter(None, pressed), key])


def _commands(pressed: list[str | None]) -> bool:
    return bool({"Control", "Meta"}.intersection(filter(None, pressed)))
