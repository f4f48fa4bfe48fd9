"""From the CDK's context to a cloud assembly."""

from __future__ import annotations

import json

from aws_cdk import App

from infra.errors import RulesBrokenError
from infra.settings import ROOT, read_deployment
from infra.stack import ToolExecutorStack
from infra.staging import stage_functions


def synthesize() -> None:
    """Write the cloud assembly of what the context asks for.

    Raises:
        InfraError: it asks for what cannot be deployed, or a function's folder cannot be put together.
    """
    # Without the CDK CLI nobody else reads them, and the template would be another.
    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(analytics_reporting=False, context=flags)
    deployment = read_deployment(app.node.try_get_context)
    stack = ToolExecutorStack(app, deployment=deployment, code=stage_functions(deployment))
    if deployment.target == "aws" or app.node.try_get_context("nag"):
        # Not for the local cloud: it would start later, and a rule of AWS's would stand between a developer and a try.
        from infra.nag import add_rules  # noqa: PLC0415 - loaded where it is used

        add_rules(app, stack, stage=deployment.stage.name)
    _write(app)


def _write(app: App) -> None:
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
        raise RulesBrokenError(
            "The stack breaks rules of cdk-nag, listed above. Mend it, or accept a finding with its reason in"
            " infra/acknowledged.py."
        ) from None
