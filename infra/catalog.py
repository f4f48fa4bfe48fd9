"""The catalog that a deployment's zips carry: what the tools in its groups' code say of themselves."""

from __future__ import annotations

import json
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.errors import SettingsError
from infra.settings import STAGES
from infra.source_tree import digest, function_files
from tool_contract.limits import HARD_TIMEOUT_ALLOWANCE_SECONDS
from tool_contract.secret_fields import takes_secrets

if TYPE_CHECKING:
    from infra.settings import GroupSettings


def generate_catalog(groups: tuple[GroupSettings, ...], *, root: Path, cache: Path) -> bytes:
    """Return the catalog of `groups` as JSON text, generated anew when their code has changed.

    Raises:
        SettingsError: a group's code declares no such group, or a tool may run longer than its function.
    """
    stored = cache / f"{_key(groups, root)}.json"
    if not stored.is_file():
        catalog = _built(groups)
        _check_timeouts(groups, catalog)
        _store(stored, json.dumps(catalog, indent=2) + "\n")
    return stored.read_bytes()


def tool_names(catalog: bytes) -> tuple[str, ...]:
    """Return the names of a catalog's tools, in its order."""
    return tuple(tool["name"] for tool in json.loads(catalog)["tools"])


def groups_with_secrets(catalog: bytes) -> frozenset[str]:
    """Return the groups of a catalog that have a tool which takes a secret."""
    tools = json.loads(catalog)["tools"]
    return frozenset(tool["group"] for tool in tools if takes_secrets(tool["input_schema"]))


def _key(groups: tuple[GroupSettings, ...], root: Path) -> str:
    folders = [folder for group in groups for folder in (group.folder, *group.packages)]
    return digest(function_files(root, *folders), repr(groups), str(_stages_timeout()), metadata.version("pydantic"))[
        :16
    ]


def _built(groups: tuple[GroupSettings, ...]) -> dict[str, Any]:
    # Slow imports, numpy among them, that a synth with a stored catalog goes without.
    from lambdas.runtime.catalog_builder import build_catalog  # noqa: PLC0415
    from lambdas.runtime.tool import ToolDefinitionError  # noqa: PLC0415

    try:
        return build_catalog({group.name: group.module for group in groups})
    except ToolDefinitionError as error:
        raise SettingsError(str(error)) from error


def _check_timeouts(groups: tuple[GroupSettings, ...], catalog: dict[str, Any]) -> None:
    allowed = {group.name: group.timeout_seconds - HARD_TIMEOUT_ALLOWANCE_SECONDS for group in groups}
    for tool in catalog["tools"]:
        timeout = tool["timeout_seconds"] or _stages_timeout()
        if timeout > allowed[tool["group"]]:
            raise SettingsError(
                f"The tool {tool['name']!r} may run {timeout:g} s; the function of its group"
                f" {tool['group']!r} leaves it {allowed[tool['group']]} s: raise the group's timeout_seconds."
            )


def _stages_timeout() -> float:
    """Return what a tool without a timeout of its own may take in some stage: all of them carry the same catalog."""
    return max(stage.options.timeout_seconds for stage in STAGES)


def _store(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        fresh = Path(scratch) / path.name
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
