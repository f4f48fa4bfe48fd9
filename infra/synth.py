"""From the CDK's context to a cloud assembly."""

from __future__ import annotations

import json

from aws_cdk import App

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
    ToolExecutorStack(app, deployment=deployment, code=stage_functions(deployment))
    app.synth()
