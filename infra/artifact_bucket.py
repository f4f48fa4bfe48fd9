"""Inputs and results over 8 KB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_s3 import BlockPublicAccess, Bucket, BucketEncryption, LifecycleRule
from constructs import Construct

if TYPE_CHECKING:
    from infra.settings import StageSettings

# DynamoDB removes an expired record within two days; the object must not go before the record that names it.
_LATER_THAN_THE_RECORD_DAYS: Final = 3


class ArtifactBucket(Construct):
    """The bucket of artefacts. Unversioned: an object is written once, and a version would outlive its expiry."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: StageSettings) -> None:
        """Create the bucket."""
        super().__init__(scope, construct_id)
        self.bucket = Bucket(
            self,
            "Bucket",
            block_public_access=BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            encryption=BucketEncryption.S3_MANAGED,
            versioned=False,
            removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
            lifecycle_rules=[
                LifecycleRule(
                    expiration=Duration.days(stage.history_ttl_days + _LATER_THAN_THE_RECORD_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )
