"""Files that tools kept of an execution: pictures and pages, in the artefact bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_executor.aws import translated_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tool_executor.aws import Aws

#: Inputs, results and outcomes lie there, too: as JSON, which the records lead to.
_NO_FILES: Final = ".json"


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """A file of a call. ``key`` is where it lies in the bucket."""

    call_id: str
    name: str
    bytes: int
    key: str

    def to_json(self) -> dict[str, Any]:
        """Return the file as plain JSON values."""
        return {"call_id": self.call_id, "name": self.name, "bytes": self.bytes, "key": self.key}


@dataclass(frozen=True, slots=True)
class ArtifactFiles:
    """The artefact bucket of one deployment. Methods raise ServiceError where S3 does not answer."""

    aws: Aws
    bucket: str

    def of_execution(self, execution_id: str) -> list[ArtifactFile]:
        """Return the files of an execution, by call and name."""
        with translated_errors():
            return sorted(self._listed(f"executions/{execution_id}/"), key=lambda file: (file.call_id, file.name))

    def of_call(self, execution_id: str, call_id: str) -> list[ArtifactFile]:
        """Return the files of one call, by name."""
        under = f"executions/{execution_id}/"
        with translated_errors():
            return sorted(self._listed(under, f"{call_id}/"), key=lambda file: file.name)

    def fetch(self, file: ArtifactFile, folder: Path) -> Path:
        """Write a file into a folder, as ``<call_id>-<name>``; return its path. Raises OSError, too."""
        body = self.read(file)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{file.call_id.replace(':', '_')}-{file.name}"
        path.write_bytes(body)
        return path

    def read(self, file: ArtifactFile) -> bytes:
        """Return what a file holds."""
        with translated_errors():
            return self.aws.s3.get_object(Bucket=self.bucket, Key=file.key)["Body"].read()

    def _listed(self, under: str, of: str = "") -> Iterator[ArtifactFile]:
        for page in self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=under + of):
            for entry in page.get("Contents", ()):
                call_id, _, name = entry["Key"].removeprefix(under).partition("/")
                if name and not name.endswith(_NO_FILES):
                    yield ArtifactFile(call_id, name, entry["Size"], entry["Key"])
