"""Where a command works: a stage on AWS, a running local cloud, or one started for this command."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tool_executor.aws import Aws
from tool_executor.cli.console import err
from tool_executor.deployment import Deployment, find_deployment
from tool_executor.errors import CredentialsMissingError, DeploymentNotFoundError, RegionMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.local import RunningCloud

#: How a local cloud is used that serves another folder.
_ELSEWHERE: Final = (
    "Or, where a local cloud runs already, export the lines that it printed (AWS_ENDPOINT_URL and the rest), and leave "
    "--local out."
)


@dataclass(frozen=True, slots=True)
class Where:
    """A deployment and how to call it.

    ``ends_with_command`` is true of a local cloud that nobody else serves; ``options`` are those by which another
    command finds the same place.
    """

    aws: Aws
    deployment: Deployment
    ends_with_command: bool = False
    options: str = ""


@dataclass(frozen=True, slots=True)
class NewCloud:
    """How to start a local cloud for a command; one that somebody else serves is used only where nothing is asked.

    Where it ``announces`` itself, other commands find it as long as this one runs.
    """

    extra_groups: tuple[str, ...] = ()
    private_origins: tuple[str, ...] = ()
    announces: bool = False

    @property
    def asks_for_nothing(self) -> bool:
        """Whether any local cloud will do."""
        return not self.extra_groups and not self.private_origins


@contextmanager
def chosen(*, local: bool, stage: str, region: str | None, new: NewCloud | None = None) -> Iterator[Where]:
    """Yield where to work, and end what was started for it. A local cloud is started where ``new`` says how."""
    if not local:
        aws = Aws(region=region)
        yield Where(aws, _found(aws, stage), options="" if stage == "dev" else f" --stage {stage}")
        return
    from tool_executor.local import LocalCloud, find_running  # noqa: PLC0415 - moto is of the extra "local"

    running = find_running(project_folder())
    if running is not None and running.stage == stage and (new is None or new.asks_for_nothing):
        _tell_if_outdated(running)
        aws = Aws(running.deployment.region, running.deployment.endpoint_url)
        yield Where(aws, Deployment.from_outputs(running.deployment.outputs), options=" --local")
        return
    if new is None:
        message = f"No local cloud of the stage {stage!r} is running."
        hint = "Start one in another terminal: tool-executor local up"
        raise DeploymentNotFoundError(message, hint=f"{hint}. {_ELSEWHERE}" if _is_elsewhere() else hint)
    _require_project()
    with ExitStack() as at_end:
        with err.status("Starting a local cloud") as status:
            cloud = at_end.enter_context(
                LocalCloud(
                    project_folder(),
                    stage=stage,
                    extra_groups=new.extra_groups,
                    private_origins=new.private_origins,
                    announce=new.announces,
                    progress=lambda doing: status.update(f"Starting a local cloud: {doing.lower()}"),
                )
            )
        aws = Aws(cloud.deployment.region, cloud.deployment.endpoint_url)
        yield Where(aws, Deployment.from_outputs(cloud.deployment.outputs), ends_with_command=True)


def _found(aws: Aws, stage: str) -> Deployment:
    """Return a stage's deployment. Its errors are the library's; what a command's options help is added here."""
    try:
        return find_deployment(aws, stage)
    except RegionMissingError as error:
        raise error.with_hint("Or give --region, or use --local.") from error.__cause__
    except (CredentialsMissingError, DeploymentNotFoundError) as error:
        raise error.with_hint("Or use --local.") from error.__cause__


def project_folder() -> Path:
    """Return the checkout that the command was called in: the nearest folder upwards with a CDK app."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "cdk.json").is_file()), here)


def _is_elsewhere() -> bool:
    return not (project_folder() / "cdk.json").is_file()


def _require_project() -> None:
    """Raise SynthFailed where there is nothing that a local cloud could be made of."""
    if _is_elsewhere():
        from tool_executor.local.errors import SynthFailed  # noqa: PLC0415 - of the extra "local"

        message = f"{project_folder()} holds no CDK app (no cdk.json)."
        raise SynthFailed(message, hint=f"Run this in the project's folder. {_ELSEWHERE}")


def _tell_if_outdated(running: RunningCloud) -> None:
    from tool_executor.local.synth import CdkApp  # noqa: PLC0415 - of the extra "local"

    app = CdkApp(project_folder(), stage=running.stage, extra_groups=running.extra_groups, callers=running.callers)
    if app.source_key() != running.source_key:
        err.print(
            f"The local cloud at {running.deployment.endpoint_url} was deployed from other code than is here now; "
            "restart it to see your changes.",
            style="yellow",
        )
