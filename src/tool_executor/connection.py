"""What an executor works with, each made when first needed: AWS's clients, the deployment's parts, threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tool_executor.aws import Aws
from tool_executor.deployment import deployment_of_environment
from tool_executor.direct.lambda_http import LambdaHttp
from tool_executor.engine import Engine
from tool_executor.hedge_option import hedging_of
from tool_executor.history import History
from tool_executor.one_time_secrets import OneTimeSecrets
from tool_executor.planner_catalog import deployed_catalog
from tool_executor.ways import Route, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_contract.catalog import Catalog
    from tool_executor.configuration import ConfigurationManager
    from tool_executor.deployment import Deployment

_Answer = TypeVar("_Answer")
_THREADS: Final = 16


class Connection:
    """One executor's surroundings. ``aws`` and ``deployment`` may be given, else the configuration leads to them."""

    def __init__(
        self, configuration: ConfigurationManager, aws: Aws | None = None, deployment: Deployment | None = None
    ) -> None:
        self._configuration = configuration
        self._given_aws = aws
        self._given_deployment = deployment
        self._hedging = hedging_of(configuration)

    def again(self) -> Connection:
        """Return the same connection with nothing made yet."""
        return Connection(self._configuration, self._given_aws, self._given_deployment)

    @cached_property
    def aws(self) -> Aws:
        """What AWS is called with."""
        return self._given_aws or Aws.from_environment(self._configuration.region)

    @cached_property
    def deployment(self) -> Deployment:
        """Where the parts of the deployment are. Raises DeploymentNotFoundError; asks CloudFormation once."""
        return self._given_deployment or deployment_of_environment(self.aws, self._configuration.stage)

    @cached_property
    def http(self) -> LambdaHttp:
        """Lambda, for the direct route."""
        return LambdaHttp(self.aws)

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """Where calls of AWS run."""
        return ThreadPoolExecutor(_THREADS, thread_name_prefix="tool-executor")

    @cached_property
    def history(self) -> History:
        """The history table."""
        return History.of(self.aws, self.deployment)

    @cached_property
    def catalog(self) -> Catalog:
        """The deployment's tools. Asks the planner once."""
        return deployed_catalog(self.aws, self.deployment.planner_function)

    @cached_property
    def secrets(self) -> OneTimeSecrets:
        """Where requests' secrets go."""
        return OneTimeSecrets(self.aws, self._configuration.stage, self.threads)

    async def engine(self) -> Engine:
        """Return what runs requests; the deployment is found without holding the event loop up."""
        deployment = await self.in_thread(lambda: self.deployment)
        route, wait = Route(self._configuration.route), Wait(self._configuration.wait)
        return Engine(self.aws, deployment, route, self.http, self.threads, hedging=self._hedging, wait_by=wait)

    async def in_thread(self, function: Callable[..., _Answer], *arguments: Any) -> _Answer:  # noqa: ANN401
        """Run what waits for AWS."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *arguments)

    async def close(self) -> None:
        """Close the running loop's connections to Lambda."""
        if "http" in self.__dict__:
            await self.http.close()
