"""What can go wrong before a deployment.

The exceptions::

    InfraError
    ├── NodeMissingError   the CDK cannot run
    ├── RulesBrokenError   the stack breaks a rule that nobody has accepted an exception from
    ├── SettingsError      a stage, target, group or limit that cannot be deployed
    └── StagingError       a function's folder cannot be put together
"""

from __future__ import annotations


class InfraError(Exception):
    """Base of all; its text is one sentence for the person who deploys."""


class NodeMissingError(InfraError):
    """The CDK cannot run."""


class RulesBrokenError(InfraError):
    """The stack breaks a rule that nobody has accepted an exception from."""


class SettingsError(InfraError):
    """A stage, target, group or limit that cannot be deployed."""


class StagingError(InfraError):
    """A function's folder cannot be put together."""
