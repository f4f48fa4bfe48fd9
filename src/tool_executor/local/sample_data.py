"""Fills the inventory tables with the generated sample distributor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tool_executor.local.errors import SampleDataFailed

if TYPE_CHECKING:
    from tool_executor.local.deployment import LocalDeployment


def load(deployment: LocalDeployment) -> None:
    """Load it into the deployed tables.

    Raises:
        SampleDataFailed: if the generator is not installed or cannot write.
    """
    try:
        import boto3  # noqa: PLC0415 - takes 0.4 s to import

        from tool_executor.inventory.loading import load_sample  # noqa: PLC0415 - numpy is an extra, and slow to import

        session = boto3.Session(
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - no secret: nothing checks it
            region_name=deployment.region,
        )
        load_sample(deployment.outputs, endpoint_url=deployment.endpoint_url, region=deployment.region, session=session)
    except Exception as error:
        raise SampleDataFailed(
            "The sample data could not be loaded.", hint="Start without it: --no-sample-data.", details=repr(error)
        ) from error
