"""A CDK cloud assembly, read: its one stack, the template and the assets that the template names.

Source: https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/cloud-assembly-schema
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tool_executor.local.deployment import ACCOUNT, REGION
from tool_executor.local.errors import SynthFailed

_PLACEHOLDERS = {"${AWS::Partition}": "aws", "${AWS::AccountId}": ACCOUNT, "${AWS::Region}": REGION}
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Asset:
    """A file or folder and the place in S3 where the template expects it."""

    source: Path
    zipped: bool
    bucket: str
    key: str

    def content(self) -> bytes:
        """The bytes to upload. The same folder always gives the same zip."""
        return _zip(self.source) if self.zipped else self.source.read_bytes()


@dataclass(frozen=True)
class Assembly:
    """A synthesized app with one stack."""

    stack_name: str
    template: dict[str, Any]
    assets: tuple[Asset, ...]

    @classmethod
    def read(cls, folder: Path) -> Assembly:
        """Read a `cdk.out` folder.

        Raises:
            SynthFailed: if it holds another number of stacks than one.
        """
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        artifacts = manifest.get("artifacts", {})
        stacks = {name: one for name, one in artifacts.items() if one["type"] == "aws:cloudformation:stack"}
        if len(stacks) != 1:
            raise SynthFailed(f"The CDK app has {len(stacks)} stacks; the local cloud deploys one.")
        ((name, stack),) = stacks.items()
        properties = stack["properties"]
        manifests = [one["properties"]["file"] for one in artifacts.values() if one["type"] == "cdk:asset-manifest"]
        return cls(
            stack_name=properties.get("stackName", name),
            template=json.loads((folder / properties["templateFile"]).read_text("utf-8")),
            assets=tuple(asset for file in manifests for asset in _assets(folder / file)),
        )


def _assets(manifest_file: Path) -> Iterator[Asset]:
    for file in json.loads(manifest_file.read_text("utf-8")).get("files", {}).values():
        source = file["source"]
        for destination in file["destinations"].values():
            yield Asset(
                source=manifest_file.parent / source["path"],
                zipped=source.get("packaging") == "zip",
                bucket=_filled(destination["bucketName"]),
                key=_filled(destination["objectKey"]),
            )


def _filled(text: str) -> str:
    for placeholder, value in _PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return text


def _zip(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _ZIP_EPOCH)
            entry.external_attr = (file.stat().st_mode & 0o777 | 0o100000) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()
