"""A dict that cannot be changed: JSON, pickle, ``copy`` and ``dataclasses.asdict`` take it as any other."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class FrozenDict(dict[_Key, _Value]):
    """A dict whose entries stay what they are; it equals a plain one with the same entries."""

    def _refuse(self, *_arguments: Any, **_named: Any) -> NoReturn:  # noqa: ANN401 - whatever the method takes
        message = f"{type(self).__name__} cannot be changed; dict(...) makes a copy that can"
        raise TypeError(message)

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict[_Key, _Value]], tuple[dict[_Key, _Value]]]:
        return type(self), (dict(self),)
