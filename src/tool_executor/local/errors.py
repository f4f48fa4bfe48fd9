"""What can go wrong with the local cloud, each with a code, one sentence and a hint.

LocalCloudError
├── LocalPackagesMissing   the `local` extra is not installed
├── MotoVersionMismatch    another moto than the one that the corrections were written for
├── AlreadyRunning         this process has a local cloud already
├── PortInUse              the port that was asked for is taken
├── NodeMissing            no `node` on the PATH: the CDK cannot synthesize
├── SynthFailed            the CDK app ended with an error
├── DeployFailed           the template could not be deployed
├── SampleDataFailed       the sample data could not be loaded
├── BrowserMissing         no Chromium is installed: the browser tools have nothing to drive
└── WrongOrigin            a private origin is no origin
"""

from __future__ import annotations

from tool_executor.errors import ToolExecutorError


class LocalCloudError(ToolExecutorError):
    """Root of the local cloud's errors. `str()` is one sentence that a person understands."""

    code = "LocalCloudError"


class LocalPackagesMissing(LocalCloudError):
    """The packages of the `local` extra are not installed."""

    code = "LocalPackagesMissing"


class MotoVersionMismatch(LocalCloudError):
    """The installed moto is not the one that the corrections were written for."""

    code = "MotoVersionMismatch"


class AlreadyRunning(LocalCloudError):
    """moto's state is one per process, so a process can hold one local cloud."""

    code = "AlreadyRunning"


class PortInUse(LocalCloudError):
    """The port that was asked for is taken."""

    code = "PortInUse"


class NodeMissing(LocalCloudError):
    """No `node` was found: the CDK cannot synthesize without it."""

    code = "NodeMissing"


class SynthFailed(LocalCloudError):
    """The CDK app ended with an error; `details` is the end of what it printed."""

    code = "SynthFailed"


class DeployFailed(LocalCloudError):
    """The template could not be deployed; `details` lists the stack's failure events."""

    code = "DeployFailed"


class SampleDataFailed(LocalCloudError):
    """The sample data could not be loaded into the deployed tables."""

    code = "SampleDataFailed"


class BrowserMissing(LocalCloudError):
    """No Chromium was found: the browser tools cannot run without one."""

    code = "BrowserMissing"


class WrongOrigin(LocalCloudError):
    """What was to be a private origin is none."""

    code = "WrongOrigin"
