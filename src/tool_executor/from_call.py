"""How a program writes that an input is a part of an earlier call's result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from tool_contract.references import FROM, POINTER, is_pointer

_NO_TEXT: Final = (
    "What a call will answer cannot be made text before it is run: give the reference itself as the input, "
    "or make the text of the earlier call's result."
)


@dataclass(frozen=True, slots=True)
class FromCall:
    """A part of the result of an earlier call of the same sequence, for a later call's input.

    ``call_id`` is the earlier call's, ``pointer`` a JSON pointer (RFC 6901) into its result; ``""`` is all of it.
    Indexing goes further in, as in the result itself::

        FromCall("risks")["risks"][0]["product_code"] == FromCall("risks", "/risks/0/product_code")

    It stands for the value, and is none: what is there is known when the earlier call has succeeded. ``==`` compares
    references, not what they come to; made text, it raises TypeError. Raises ValueError for a pointer that is none.
    """

    call_id: str
    pointer: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.call_id, str) or not is_pointer(self.pointer):
            message = 'Say FromCall("call_id", "/field/0"): a JSON pointer is empty or begins with "/".'
            raise ValueError(message)

    def __getitem__(self, step: str | int) -> FromCall:
        """Return what stands in a field, or at an index from 0 on."""
        if isinstance(step, bool) or not isinstance(step, (str, int)) or (isinstance(step, int) and step < 0):
            message = f"A result is entered by a field's name or an index from 0 on, not by {step!r}."
            raise TypeError(message)
        token = str(step).replace("~", "~0").replace("/", "~1")
        return FromCall(self.call_id, f"{self.pointer}/{token}")

    def __iter__(self) -> NoReturn:
        """Refuse: nobody knows how many elements there will be."""
        message = "What a call will answer cannot be gone through before it is run: index it."
        raise TypeError(message)

    def __str__(self) -> NoReturn:
        """Refuse: text that is made now would hold the reference's name, and be sent as if it were the value."""
        raise TypeError(_NO_TEXT)

    def __format__(self, _spec: str) -> NoReturn:
        """Refuse, as :meth:`__str__` does."""
        raise TypeError(_NO_TEXT)

    def to_json(self) -> dict[str, str]:
        """Return the reference as the contract has it."""
        return {FROM: self.call_id, POINTER: self.pointer}
