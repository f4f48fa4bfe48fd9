"""Pictures and HTML of an attempt, in the artefact bucket."""

from __future__ import annotations

import os
import uuid

from lambdas.browser.results import Artifact
from lambdas.runtime.artifacts import ArtifactStore
from lambdas.runtime.current_attempt import current_attempt


def keep(name: str, body: bytes, content_type: str) -> Artifact:
    """Write a file of the running attempt and return where it lies. Raises ResultStoreFailed."""
    context = current_attempt()
    stem, _, ending = name.rpartition(".")
    place = (
        f"executions/{context.execution_id}/{context.call_id}"
        if context.recorded
        else f"executions/unrecorded/{uuid.uuid4().hex}"
    )
    # The number and a name of its own: what a late attempt writes must not replace what a record refers to.
    key = f"{place}/{stem}-{context.attempt}-{uuid.uuid4().hex[:8]}.{ending}"
    ref = ArtifactStore(os.environ["ARTIFACT_BUCKET"]).put_file(key, body, content_type)
    return Artifact(**ref.model_dump(), content_type=content_type)
