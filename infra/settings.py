"""What is deployed where: the stages, the tool groups, and what `cdk -c key=value` chooses among them.

A new tool group is a folder under `lambdas/` and one line in `GROUPS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.alarm_settings import AlarmSettings
from infra.browser_settings import BrowserSettings
from infra.bulk_settings import BulkSettings
from infra.caller_settings import read_callers
from infra.errors import SettingsError
from infra.gradual import GradualSettings
from tool_contract.caller_policy import CallerPolicies
from tool_contract.options import InvalidOptionsError, ToolExecutorOptions
from tool_contract.shards import MAX_SHARDS

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).resolve().parent.parent
TARGETS: Final = ("aws", "local")
_GROUP_FOLDER: Final = re.compile("[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """One deployment of the stack, named `tool-executor-<name>`.

    `tool_concurrency` reserves that many concurrent invocations for each tool group; None reserves nothing, because
    an account starts with a limit of 10 and refuses any reservation. `options` is what calls are run by where neither
    the request nor the tool says: in every stage the contract's defaults, so that a request does the same in all of
    them. A preset of `tool_contract.options` is one word here: `options=PRODUCTION`. `browser` says where browsers come
    from and where they may go, `bulk` what batches of a bulk run as, `alarms` when they ring. `callers` is a JSON file,
    seen from the project's folder, of who may call what. `history_shards` spreads the busy keys of the history over so
    many partitions: docs/scaling.md says how many a rate of calls takes; a smaller number than before hides what lies
    in the last ones. `gradual` has executions go over to a new version little by little; None deploys all at once, and
    to functions without versions. `snap_start` names the tool groups whose versions start from a snapshot.
    """

    name: str
    history_ttl_days: int
    log_retention_days: int
    state_machine_log_level: str
    tracing: bool
    keep_data: bool
    tool_concurrency: int | None = None
    options: ToolExecutorOptions = field(default_factory=ToolExecutorOptions)
    browser: BrowserSettings = field(default_factory=BrowserSettings)
    bulk: BulkSettings = field(default_factory=BulkSettings)
    callers: str = ""
    history_shards: int = 1
    alarms: AlarmSettings = field(default_factory=AlarmSettings)
    gradual: GradualSettings | None = None
    snap_start: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GroupSettings:
    """One tool group, which is one Lambda function.

    `folder` holds `handler.py`; `packages` are folders of shared source that its zip carries besides; `dependencies`
    names `requirements/lambda-<dependencies>.lock`. The timeout is the platform's: a call may ask
    for 840 s, and a process that overruns its own limit ends itself, so that the longest one costs nothing.
    """

    name: str
    folder: str
    memory_mb: int = 512
    timeout_seconds: int = 900
    packages: tuple[str, ...] = ()
    dependencies: str = "base"
    reads_inventory: bool = False
    drives_browser: bool = False

    @property
    def module(self) -> str:
        """The dotted path of the group's handler module."""
        return ".".join((*Path(self.folder).parts, "handler"))


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What one synth deploys. The target `local` leaves third-party packages out of the zips, and nothing else."""

    stage: StageSettings
    target: str
    groups: tuple[GroupSettings, ...]
    callers: CallerPolicies = field(default_factory=CallerPolicies)

    @property
    def stack_name(self) -> str:
        """The stack's name, which physical names start with."""
        return f"tool-executor-{self.stage.name}"


STAGES: Final = (
    StageSettings(
        name="dev",
        history_ttl_days=30,
        log_retention_days=14,
        state_machine_log_level="ALL",
        tracing=True,
        keep_data=False,
    ),
    StageSettings(
        name="prod",
        history_ttl_days=90,
        log_retention_days=90,
        state_machine_log_level="ERROR",
        tracing=True,
        keep_data=True,
        tool_concurrency=100,
        history_shards=4,
        alarms=AlarmSettings(error_rate_percent=5.0, failed_executions=3),
        gradual=GradualSettings(),
        snap_start=("inventory-optimizer",),  # its numerics are what takes half a second to import
    ),
)

GROUPS: Final = (
    GroupSettings(
        name="inventory-optimizer",
        folder="lambdas/inventory_optimizer",
        memory_mb=1769,  # one whole processor: the tools calculate, and end as much sooner as they cost more
        packages=("src/inventory_data",),
        dependencies="inventory-optimizer",
        reads_inventory=True,
    ),
    GroupSettings(
        name="browser",
        folder="lambdas/browser",
        memory_mb=1024,  # the browser runs elsewhere; its driver takes 150 MB, and a picture some more
        packages=("src/browser_policy",),
        dependencies="browser",
        drives_browser=True,
    ),
)


def read_deployment(context: Callable[[str], object], *, root: Path = ROOT) -> Deployment:
    """Choose by the CDK context keys `stage`, `target`, `extra_groups` (folders, separated by commas) and `callers`.

    Raises:
        SettingsError: one of them names nothing that there is, or what cannot be used.
    """
    stage = _stage(context("stage") or "dev")
    extra = tuple(_extra_group(folder, root) for folder in _folders(context("extra_groups")))
    return Deployment(
        stage=stage,
        target=_target(context("target") or "aws"),
        groups=_distinct((*GROUPS, *extra)),
        callers=read_callers(context("callers") or stage.callers, root=root),
    )


def _stage(name: object) -> StageSettings:
    for stage in STAGES:
        if stage.name == name:
            return _usable(stage)
    raise SettingsError(f"There is no stage {name!r}; stages are {', '.join(stage.name for stage in STAGES)}.")


def _usable(stage: StageSettings) -> StageSettings:
    try:
        stage.options.validate()
    except InvalidOptionsError as error:
        raise SettingsError(f"The stage {stage.name!r} has options that cannot be used: {error}") from None
    if not 1 <= stage.history_shards <= MAX_SHARDS:
        raise SettingsError(f"The stage {stage.name!r} cannot have {stage.history_shards} shards: 1 to {MAX_SHARDS}.")
    stage.browser.check(stage.name)
    stage.bulk.check(stage.name)
    if stage.snap_start and stage.gradual is None:
        raise SettingsError(f"The stage {stage.name!r} names snap_start, which needs versions: set gradual, too.")
    unknown = set(stage.snap_start) - {group.name for group in GROUPS}
    if unknown:
        raise SettingsError(
            f"The stage {stage.name!r} names in snap_start no tool group: {', '.join(sorted(unknown))}."
        )
    stage.alarms.check(stage.name)
    if stage.gradual is not None:
        stage.gradual.check(stage.name)
    return stage


def _target(name: object) -> str:
    if name not in TARGETS:
        raise SettingsError(f"There is no target {name!r}; targets are {', '.join(TARGETS)}.")
    return str(name)


def _folders(value: object) -> list[str]:
    if value is None:
        return []
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(folder, str) for folder in listed):
        raise SettingsError("extra_groups must be folders separated by commas.")
    return [folder.strip().rstrip("/") for folder in listed if folder.strip()]


def _extra_group(folder: str, root: Path) -> GroupSettings:
    path = Path(folder)
    if not all(part.isidentifier() for part in path.parts) or not _GROUP_FOLDER.fullmatch(path.name):
        raise SettingsError(f"The extra group {folder!r} must be a folder of Python modules inside the project.")
    if not (root / path / "handler.py").is_file():
        raise SettingsError(f"The extra group {folder!r} has no handler.py.")
    return GroupSettings(name=path.name.replace("_", "-"), folder=folder)


def _distinct(groups: tuple[GroupSettings, ...]) -> tuple[GroupSettings, ...]:
    names = [group.name for group in groups]
    for name in names:
        if names.count(name) > 1 or name in {"planner", "finisher"}:
            raise SettingsError(f"The group name {name!r} is taken already.")
    return groups
