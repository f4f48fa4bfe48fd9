"""Secrets go by reference: :class:`Secret` is what a caller writes, :class:`SecretRef` what a tool takes.

Neither shows a value unless it is asked for. In requests and records there is the reference alone::

    {"secret_ref": "shop/database"}    kept by an operator
    {"secret_ref": "once/<uuid4>"}     of one execution, gone with its end
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pydantic_core import core_schema

from tool_contract.context_value import Within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

SECRET_REF: Final = "secret_ref"  # noqa: S105 - the name of a field
#: Marks a schema whose value must be a reference.
X_SECRET: Final = "x-secret"  # noqa: S105 - the name of a keyword
#: Marks text beside a reference as meant: a field that takes either, and whose tool decides when it must be a secret.
X_PLAIN_TEXT: Final = "x-plain-text"
SECRET_NAME_PATTERN: Final = r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,9}$"  # noqa: S105 - a pattern
MAX_SECRET_NAME_CHARACTERS: Final = 200
#: What Parameter Store takes in a standard parameter.
MAX_SECRET_BYTES: Final = 4096
ONE_TIME_PREFIX: Final = "once/"

_ONE_TIME: Final = re.compile("once/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NAME: Final = re.compile(SECRET_NAME_PATTERN)
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        SECRET_REF: {"type": "string", "pattern": SECRET_NAME_PATTERN, "maxLength": MAX_SECRET_NAME_CHARACTERS}
    },
    "required": [SECRET_REF],
    "additionalProperties": False,
    X_SECRET: True,
}

Resolver = Callable[[str], str]
_resolver: ContextVar[Resolver | None] = ContextVar("secret_resolver", default=None)


class Secret:
    """A text that must not leave as it is: the client sends a one-time reference in its place.

    It shows itself to nobody, and nothing writes it down by accident: JSON, pickle and format refuse it or say
    ``Secret(…)``. The text has 1 to 4,096 bytes of UTF-8.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            size = 0
        if not 0 < size <= MAX_SECRET_BYTES:
            message = f"A Secret is Unicode text of 1 to {MAX_SECRET_BYTES:,} bytes."
            raise ValueError(message) from None
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        message = "A Secret cannot be pickled."
        raise TypeError(message)


class SecretRef:
    """The type of a tool's parameter that takes a secret: ``password: SecretRef``.

    It holds the name only; :meth:`reveal` fetches the value while the tool runs.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        if len(name) > MAX_SECRET_NAME_CHARACTERS or _NAME.fullmatch(name) is None:
            message = "A secret's name is up to 10 parts of A-Z a-z 0-9 _ . -, slashes between, 200 characters at most."
            raise ValueError(message)
        self.name: Final = name

    def reveal(self) -> str:
        """Return the value.

        Call it in the tool's own thread. Raises NotFound where there is no such secret, and Unavailable where
        Parameter Store does not answer.
        """
        resolve = _resolver.get()
        if resolve is None:
            message = "Secrets can be revealed while a tool runs only; in tests, inside of secrets_from()."
            raise RuntimeError(message)
        return resolve(self.name)

    def __repr__(self) -> str:
        return f"SecretRef({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretRef) and other.name == self.name

    def __hash__(self) -> int:
        return hash((SecretRef, self.name))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        name = core_schema.str_schema(strict=True, pattern=SECRET_NAME_PATTERN, max_length=MAX_SECRET_NAME_CHARACTERS)
        given = core_schema.typed_dict_schema(
            {SECRET_REF: core_schema.typed_dict_field(name)}, strict=True, extra_behavior="forbid"
        )
        read = core_schema.no_info_after_validator_function(lambda value: cls(value[SECRET_REF]), given)
        return core_schema.json_or_python_schema(
            json_schema=read,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), read]),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda ref: {SECRET_REF: ref.name}),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**_SCHEMA, "properties": {SECRET_REF: dict(_SCHEMA["properties"][SECRET_REF])}}


def secrets_from(resolver: Resolver) -> Within[Resolver | None]:
    """Reveal secrets by ``resolver`` in the body: it takes a name and returns the value, or raises a ToolError."""
    return Within(_resolver, resolver)


def is_marked(schema: Mapping[str, Any]) -> bool:
    """Whether a JSON Schema is that of a :class:`SecretRef`."""
    return schema.get(X_SECRET) is True and schema.get("properties") == _SCHEMA["properties"]


def is_one_time(name: str) -> bool:
    """Whether a secret's name is that of a one-time secret."""
    return _ONE_TIME.fullmatch(name) is not None


def is_reference(value: object) -> bool:
    """Whether a value of JSON is a reference to a secret, and nothing else."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = value.get(SECRET_REF)
    return isinstance(name, str) and len(name) <= MAX_SECRET_NAME_CHARACTERS and _NAME.fullmatch(name) is not None


def origins_parameter_name(stage: str, name: str) -> str:
    """Return the parameter that names the origins, separated by commas, at which a browser may type a named secret."""
    return f"/tool-executor/{stage}/secret-origins/{name}"


def parameter_name(stage: str, name: str) -> str:
    """Return the parameter in SSM's Parameter Store that holds a secret of a stage."""
    return f"/tool-executor/{stage}/{name if is_one_time(name) else f'secrets/{name}'}"
