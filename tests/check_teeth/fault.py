"""A fault that is planted, into a file or into the template, and the check that must find it."""

from __future__ import annotations

import copy
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.mutations.trials import BadList, DoesNotApply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FOLDER: Final = Path(__file__).parent
_ADDED: Final = "Planted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`check` must say `finds` once it is planted. `why` says what would befall a user.

    In a file: `old` becomes `new`; without `old` the file is a new one. In the template of `stage`: the resource `add`
    is added; or, in each resource of the type `kind` that holds the text `with`, the value at `pointer` becomes
    `value`, or goes if `remove`; or `old` becomes `new` in its texts.
    """

    name: str
    check: str
    finds: str
    why: str
    file: str = ""
    old: str = ""
    new: str = ""
    stage: str = "prod"
    kind: str = ""
    holding: str = ""
    pointer: str = ""
    value: Any = None
    remove: bool = False
    add: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Fault:
        """Return the fault of a `[[fault]]` table. Raises BadList."""
        renamed = {"holding" if key == "with" else key: value for key, value in table.items()}
        try:
            fault = cls(**renamed)
        except TypeError as error:
            raise BadList(f"The fault {table.get('name')!r} is incomplete or misspelt: {error}.") from error
        if sum(map(bool, (fault.file, fault.kind, fault.add))) != 1:
            raise BadList(f"The fault {fault.name!r} must have one of file, kind and add.")
        return fault

    @property
    def is_in_template(self) -> bool:
        """Whether the fault is planted into the template."""
        return not self.file

    def in_text(self, text: str) -> str:
        """Return a file's text with the fault in it. Raises DoesNotApply."""
        if not self.old:
            if text:
                raise DoesNotApply(f"{self.file} is there already")
            return self.new.lstrip("\n")
        if text.count(self.old) != 1:
            raise DoesNotApply(f"{self.file} holds the old text {text.count(self.old)} times, not once")
        return text.replace(self.old, self.new)

    def in_template(self, template: Mapping[str, Any]) -> dict[str, Any]:
        """Return a template with the fault in it. Raises DoesNotApply."""
        planted: dict[str, Any] = copy.deepcopy(dict(template))
        if self.add:
            planted["Resources"][_ADDED] = dict(self.add)
            return planted
        for logical_id, each in planted["Resources"].items():
            if each["Type"] == self.kind and self.holding in json.dumps(each):
                each["Properties"] = self._changed(each["Properties"])
                planted["Resources"][logical_id] = each
        if planted == template:
            raise DoesNotApply(f"no {self.kind} has a place for it")
        return planted

    def _changed(self, properties: dict[str, Any]) -> dict[str, Any]:
        if self.old:
            changed: dict[str, Any] = _replaced(properties, self.old, self.new)
            return changed
        *path, last = self.pointer.removeprefix("/").split("/")
        holder: Any = properties
        for key in path:
            holder = _stepped(holder, key)
        if holder is None or (isinstance(holder, list) and int(last) >= len(holder)):
            return properties
        if self.remove:
            holder.pop(last, None)
        else:
            holder[int(last) if isinstance(holder, list) else last] = self.value
        return properties


def load_faults(folder: Path = _FOLDER) -> tuple[Fault, ...]:
    """Return all faults of the `*.toml` files in a folder. Raises BadList."""
    return tuple(Fault.from_table(table) for file in sorted(folder.glob("*.toml")) for table in _tables(file))


def _stepped(holder: Any, key: str) -> Any:
    if isinstance(holder, list):
        return holder[int(key)] if int(key) < len(holder) else None
    return holder.get(key) if isinstance(holder, dict) else None


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, old, new) for key, item in value.items()}
    return value


def _tables(file: Path) -> Iterator[dict[str, Any]]:
    try:
        yield from tomllib.loads(file.read_text(encoding="utf-8"))["fault"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise BadList(f"{file.name} is no list of faults: {error}.") from error
