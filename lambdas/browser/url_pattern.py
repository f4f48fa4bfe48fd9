"""A regular expression for addresses, from a caller: matched in time linear in the address, whatever it is."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from tool_contract.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class UrlPattern:
    """Matches anywhere in an address, unless ``^`` and ``$`` say where."""

    _validator: SchemaValidator

    @classmethod
    def of(cls, text: str) -> UrlPattern:
        """Return the pattern of a text. Raises InvalidInput where it is none."""
        try:
            # pydantic's engine is Rust's regex: no backtracking, so that no pattern takes for ever.
            return cls(SchemaValidator(core_schema.str_schema(pattern=text, regex_engine="rust-regex")))
        except SchemaError:
            message = "The pattern is no regular expression that can be used (look-around and back references cannot)."
            raise InvalidInput(
                message, pointer="/url_pattern", hint="For a part of the address: `.*dashboard.*`."
            ) from None

    def matches(self, url: str) -> bool:
        """Whether an address matches."""
        try:
            self._validator.validate_python(url)
        except ValidationError:
            return False
        return True
