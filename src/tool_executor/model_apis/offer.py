"""Which of a deployment's tools a model is offered. What it is not offered, it cannot call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tool_contract.catalog import Catalog
from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, close_names, json_pointer, shortened
from tool_executor.errors import InvalidRequestError, ToolNotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tool_contract.tool_spec import ToolSpec


@dataclass(frozen=True, slots=True)
class Offer:
    """A choice of tools: by name, by group, and only those that change nothing. None is all."""

    names: Collection[str] | None = None
    groups: Collection[str] | None = None
    read_only: bool = False

    def of(self, catalog: Catalog) -> Catalog:
        """Return the tools that are offered, named ones in the order of their names here.

        Raises:
            ToolNotFoundError: a name that the catalog does not have, or that ``read_only`` or ``groups`` leaves out.
            InvalidRequestError: a group that there is not, or nothing is left to offer.
        """
        names = list(dict.fromkeys(catalog.by_name if self.names is None else _listed(self.names, "names")))
        unknown = list(self._unknown_groups(catalog))
        if unknown:
            raise _refused(InvalidRequestError, unknown)
        missing = [problem for place, name in enumerate(names) for problem in self._problems(name, place, catalog)]
        if missing and self.names is not None:
            raise _refused(ToolNotFoundError, missing)
        chosen = [catalog.by_name[name] for name in names if self._takes(catalog.by_name[name])]
        if not chosen:
            raise _refused(InvalidRequestError, [_problem(("names",), "There is no tool to offer.")])
        return Catalog(tools=tuple(chosen))

    def _takes(self, spec: ToolSpec) -> bool:
        in_group = self.groups is None or spec.group in self.groups
        return in_group and (spec.annotations.read_only or not self.read_only)

    def _problems(self, name: str, place: int, catalog: Catalog) -> Iterator[Problem]:
        spec = catalog.by_name.get(name)
        if spec is None:
            yield catalog.unknown_tool(name, json_pointer(("names", place)))
        elif not self._takes(spec):
            why = "not marked read_only" if self.read_only and not spec.annotations.read_only else "of another group"
            message = f"The tool {name!r} is {why}."
            yield _problem(("names", place), message, code=ErrorCode.TOOL_NOT_FOUND)

    def _unknown_groups(self, catalog: Catalog) -> Iterator[Problem]:
        known = {spec.group for spec in catalog.tools}
        for place, group in enumerate(() if self.groups is None else _listed(self.groups, "groups")):
            if group not in known:
                message = f"There is no tool group named {shortened(group)!r}."
                yield _problem(("groups", place), message, close_names(group, known))


def _listed(value: Collection[str], what: str) -> Collection[str]:
    if isinstance(value, str):
        raise _refused(InvalidRequestError, [_problem((what,), f"{what} is a list of names.", f"Say [{value!r}].")])
    return value


def _problem(
    path: tuple[str | int, ...], message: str, hint: str | None = None, code: ErrorCode = ErrorCode.INVALID_REQUEST
) -> Problem:
    return Problem(pointer=json_pointer(path), message=message, error_code=code, hint=hint)


def _refused(kind: type[InvalidRequestError], problems: list[Problem]) -> InvalidRequestError:
    return kind("These tools cannot be offered.", [problem.as_detail() for problem in problems])
