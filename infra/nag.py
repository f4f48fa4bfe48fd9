"""cdk-nag's rules as part of a synth: what breaks one of them, and is not accepted with a reason, is not deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.acknowledged import acknowledge

if TYPE_CHECKING:
    from aws_cdk import App, Stack


def add_rules(app: App, stack: Stack, *, stage: str) -> None:
    """Hold the stack against the packs AwsSolutions and Serverless when the app is synthesized."""
    acknowledge(stack, stage=stage)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
