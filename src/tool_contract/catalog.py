"""The catalog: all tools of a deployment. ``make catalog`` writes it from the code, a test holds it to the code."""

from __future__ import annotations

from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.input_schema import InputSchema
from tool_contract.problems import Problem, close_names, shortened
from tool_contract.tool_spec import ToolSpec

if TYPE_CHECKING:
    from pathlib import Path


class Catalog(BaseModel):
    """All ToolSpecs of one deployment, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    tools: tuple[ToolSpec, ...]

    @cached_property
    def by_name(self) -> dict[str, ToolSpec]:
        """The tools by name."""
        return {spec.name: spec for spec in self.tools}

    @cached_property
    def _schemas(self) -> dict[tuple[str, bool], InputSchema]:
        return {}

    def input_problems(self, tool_name: str, value: object, *, references: bool = False) -> list[Problem]:
        """Return what is wrong with ``value`` as an input of a tool that the catalog has; pointers are into it.

        With ``references`` there may be some in it, of which nothing is said here.
        """
        key = (tool_name, references)
        schema = self._schemas.get(key)
        if schema is None:
            schema = self._schemas[key] = InputSchema(self.by_name[tool_name].input_schema, references=references)
        return schema.problems(value)

    def unknown_tool(self, tool_name: str, pointer: str = "/tool_name") -> Problem:
        """Return the complaint about a name that the catalog does not have, with close names."""
        return Problem(
            pointer=pointer,
            message=f"There is no tool named {shortened(tool_name)!r}.",
            error_code=ErrorCode.TOOL_NOT_FOUND,
            hint=close_names(tool_name, self.by_name),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the catalog as plain JSON values, tools sorted by name."""
        tools = sorted(self.tools, key=lambda spec: spec.name)
        return {"tools": [spec.model_dump(mode="json") for spec in tools]}


def load_catalog(path: Path | None = None) -> Catalog:
    """Return the catalog in a file; without one, the catalog that this package was shipped with."""
    source = path or resources.files("tool_contract").joinpath("catalog.json")
    return Catalog.model_validate(strict_json.parse(source.read_text(encoding="utf-8")))
