"""The local cloud: the deployed template on one machine, for as long as a `with` block lasts."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tool_executor.local.assembly import Assembly
from tool_executor.local.browsers.provision import LocalBrowsers
from tool_executor.local.deployment import ACCOUNT, LocalDeployment
from tool_executor.local.embedded_metrics import EmbeddedMetrics
from tool_executor.local.errors import AlreadyRunning, WrongOrigin
from tool_executor.local.execution_events import EventRules
from tool_executor.local.faults import ProgrammedFaults
from tool_executor.local.garbage import look_seldom
from tool_executor.local.moto_import import import_moto
from tool_executor.local.moto_version import check_moto_version
from tool_executor.local.named_secrets import put_named_secrets
from tool_executor.local.platform_metrics import PlatformMetrics
from tool_executor.local.reaper import Reaper
from tool_executor.local.running import RunningCloud, announce, withdraw
from tool_executor.local.server import LocalServer
from tool_executor.local.synth import CdkApp
from tool_executor.local.workers.code_store import CodeStore
from tool_executor.local.workers.environment import RuntimeChoice, chosen_runtime
from tool_executor.local.workers.fleet import WorkerFleet
from tool_executor.local.workers.worker import WorkerSettings

Progress = Callable[[str], None]

_only_one = threading.Lock()


class LocalCloud:
    """A context manager: inside it the stack is deployed and answers on `deployment.endpoint_url`.

    Args:
        project_dir: the repository: its CDK app is synthesized, caches go to its `.local/` folder.
        port: to listen on, at 127.0.0.1; 0 takes a free one.
        stage: the CDK app's `stage`.
        extra_groups: folders of further tool groups, relative to `project_dir`.
        callers: a JSON file of who may call what, relative to `project_dir`, instead of the stage's own.
        sample_data: fill the inventory tables, if the stack has them.
        runtime: of the Lambda workers: `auto`, `awslambdaric` or `pure`.
        assembly: a synthesized cloud assembly to deploy instead of the project's own.
        deploy: False starts an empty cloud, for the CDK CLI to deploy to.
        announce: let `find_running` find it.
        faults: let tests program faults, by `faults` or over HTTP (`tool_executor.local.http_faults`).
        private_origins: sites of this machine that browsers may visit besides public ones, such as
            `http://127.0.0.1:8123`.
        progress: is told what is being done, in a few words.

    Raises (on entering):
        LocalCloudError: one of its kinds, see `tool_executor.local.errors`.
    """

    def __init__(  # noqa: PLR0913 - settings, all by name
        self,
        project_dir: Path | str = ".",
        *,
        port: int = 0,
        stage: str = "dev",
        extra_groups: Sequence[str] = (),
        callers: Path | str = "",
        sample_data: bool = True,
        runtime: RuntimeChoice = "auto",
        assembly: Path | None = None,
        deploy: bool = True,
        announce: bool = False,
        faults: bool = False,
        private_origins: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> None:
        self.project_dir = Path(project_dir).resolve()
        self.app = CdkApp(self.project_dir, stage=stage, extra_groups=tuple(extra_groups), callers=str(callers))
        self.deployment = LocalDeployment(endpoint_url="")
        self._port = port
        self._sample_data = sample_data
        self._runtime = chosen_runtime(runtime)
        self._assembly_folder = assembly
        self._deploy = deploy
        self.faults = ProgrammedFaults() if faults else None
        self._announce = announce
        self.private_origins = tuple(private_origins)
        self._progress = progress or (lambda _: None)
        self._run_id = uuid.uuid4().hex
        self._fleet: WorkerFleet | None = None
        self._source_key = ""
        self._at_end = ExitStack()

    @property
    def endpoint_url(self) -> str:
        """Where AWS's APIs answer."""
        return self.deployment.endpoint_url

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        """A boto3 client of this cloud."""
        from tool_executor.local.stack_deploy import client_maker  # noqa: PLC0415 - boto3 takes 0.4 s to import

        return client_maker(self.endpoint_url)(service)

    def logs(self, function_name: str) -> str:
        """What the function's workers have written, one after another."""
        folder = self.run_folder / "logs" / function_name
        return "".join(file.read_text("utf-8", "replace") for file in sorted(folder.glob("*.log")))

    def __enter__(self) -> Self:
        check_moto_version()
        # What moto has to say of executions that end with their cloud is of no use to anybody, and 100 KB long.
        logging.getLogger("moto").setLevel(logging.CRITICAL)
        if not _only_one.acquire(blocking=False):
            raise AlreadyRunning("This process runs a local cloud already.", hint="End the first one's `with` block.")
        with ExitStack() as at_end:
            at_end.callback(_only_one.release)
            self._start(at_end)
            self._at_end = at_end.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._at_end.close()

    def _start(self, at_end: ExitStack) -> None:
        server = LocalServer(self._port, identity=self._run_id, faults=self.faults)
        at_end.callback(server.stop)
        self.run_folder = Path(tempfile.mkdtemp(prefix=f"tool-executor-{os.getpid()}-"))
        at_end.callback(shutil.rmtree, self.run_folder, ignore_errors=True)
        reaper = Reaper(remove_at_end=[self.run_folder])
        at_end.callback(reaper.close)
        self.deployment = LocalDeployment(endpoint_url=server.endpoint_url)
        browsers = self._browsers(reaper)
        at_end.callback(browsers.close)
        assembly = self._assembly()
        self._start_services(at_end, server, reaper, browsers)
        if assembly is not None:
            self._deploy_stack(assembly)
        at_end.callback(look_seldom())
        if self._announce:
            running = RunningCloud(
                os.getpid(),
                self._run_id,
                self._source_key,
                self.deployment,
                self.app.stage,
                self.app.extra_groups,
                self.app.callers,
            )
            announce(self.project_dir, running)
            at_end.callback(withdraw, self.project_dir, self._run_id)

    def _assembly(self) -> Assembly | None:
        if not self._deploy:
            return None
        if self._assembly_folder is not None:
            return Assembly.read(self._assembly_folder)
        self._progress("Synthesizing the stack")
        folder = self.app.synthesize()
        self._source_key = folder.name
        return Assembly.read(folder)

    def _start_services(self, at_end: ExitStack, server: LocalServer, reaper: Reaper, browsers: LocalBrowsers) -> None:
        self._progress("Starting the services")
        settings = WorkerSettings(self.run_folder, server.endpoint_url, self._runtime, reaper, browsers)
        platform = PlatformMetrics()
        self._fleet = WorkerFleet(settings, CodeStore(self.app.local_folder / "code"), platform)
        at_end.callback(self._fleet.close)
        logger = logging.getLogger("moto")
        at_end.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.ERROR)  # it warns of what the corrections deal with
        import_moto()
        from tool_executor.local import moto_patches  # noqa: PLC0415 - moto takes two seconds to import
        from tool_executor.local.moto_state import forget_everything, stop_executions  # noqa: PLC0415 - as above

        invoker = moto_patches.LambdaInvoker(self._fleet, ACCOUNT)
        if self.faults is not None:
            invoker = moto_patches.FaultyInvoker(self._fleet, ACCOUNT, self.faults)
        rules = EventRules(invoker)
        at_end.callback(forget_everything)
        sources = (EmbeddedMetrics(self.run_folder / "logs"), platform)
        listeners = (rules.execution_ended, platform.execution_ended)
        corrections = moto_patches.apply_corrections(invoker, server.endpoint_url, listeners, sources)
        at_end.callback(corrections.revert)
        at_end.callback(stop_executions)
        rules.start_schedules()
        at_end.callback(rules.stop)
        server.start()
        at_end.callback(server.stop)  # first of all at the end: nobody shall meet half of a cloud

    def _browsers(self, reaper: Reaper) -> LocalBrowsers:
        try:
            return LocalBrowsers(self.run_folder, reaper, self.private_origins)
        except ValueError as error:
            sentence = str(error).replace(" in private ", " as a private origin ")
            raise WrongOrigin(sentence, hint="Name it as http://127.0.0.1:8123.") from None

    def _deploy_stack(self, assembly: Assembly) -> None:
        from tool_executor.local.stack_deploy import deploy  # noqa: PLC0415 - boto3 takes 0.4 s to import

        self._progress("Deploying the stack")
        self.deployment = deploy(assembly, self.endpoint_url)
        put_named_secrets(self.client("ssm"), self.app.stage)
        if self._sample_data and "InventoryItemsTable" in self.deployment.outputs:
            from tool_executor.local.sample_data import load  # noqa: PLC0415 - only where it is used

            self._progress("Loading the sample data")
            load(self.deployment)
