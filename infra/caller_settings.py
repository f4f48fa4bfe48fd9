"""A stage's policies for its callers: a JSON file, which the planner's zip carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.errors import SettingsError
from tool_contract.caller_policy import CallerPolicies, InvalidCallersError
from tool_contract.catalog import Catalog

if TYPE_CHECKING:
    from pathlib import Path

#: Where the planner looks for them in its zip.
CALLERS: Final = "lambdas/planner/callers.json"


def read_callers(file: object, *, root: Path) -> CallerPolicies:
    """Return the policies in a file, seen from `root`; none is named by an empty text.

    Raises:
        SettingsError: the file cannot be read, or holds what cannot be used; every problem is told.
    """
    if not isinstance(file, str):
        raise SettingsError("callers must be the path of a JSON file.")
    if not file:
        return CallerPolicies()
    try:
        return CallerPolicies.from_json((root / file).read_bytes())
    except OSError as error:
        raise SettingsError(f"The callers' file {file!r} cannot be read: {error.strerror}.") from None
    except (InvalidCallersError, UnicodeDecodeError) as error:
        raise SettingsError(f"The callers' file {file!r} cannot be used: {error}") from None


def check_tools(callers: CallerPolicies, catalog: bytes) -> None:
    """Raise SettingsError where a policy allows tools that the deployment does not have: a misspelt one allows none."""
    problems = callers.unknown_tools(Catalog.model_validate_json(catalog))
    if problems:
        raise SettingsError(f"The callers' policies cannot be used: {InvalidCallersError(problems)}")
