"""Pictures that tools kept, as a client's model can see them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import mcp_types as types

from tool_executor.errors import ToolExecutorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tool_executor.mcp_server.executions import Executions
    from tool_executor.result import ToolExecutionResult

#: What one answer shows at most, and the size of what is shown: models take little more, and hosts cut the rest.
_MOST: Final = 4
_MOST_BYTES: Final = 3_000_000
#: What clients show; a vector picture is a document, which may hold scripts.
_MEDIA_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_FIELDS: Final = frozenset({"bucket", "key", "bytes", "sha256", "content_type"})


async def pictures_of(executions: Executions, results: Iterable[ToolExecutionResult]) -> list[types.ContentBlock]:
    """Return the pictures that results, and failures' metadata, refer to. One that cannot be read is left out."""
    found = [artifact for result in results for artifact in _artifacts([result.result, dict(result.metadata)])]
    blocks: list[types.ContentBlock] = []
    for artifact in [one for one in found if _is_shown(one)][:_MOST]:
        try:
            content = await executions.picture(artifact)
        except ToolExecutorError:
            continue  # where it lies stands in the result, too
        if content is not None and len(content) <= _MOST_BYTES:  # what a tool says of its size is not trusted
            data = base64.b64encode(content).decode()
            blocks.append(types.ImageContent(data=data, mime_type=artifact["content_type"]))
    return blocks


def _artifacts(value: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - JSON is any value
    """Yield what refers to kept files, in the order of the JSON."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if item.keys() >= _FIELDS:
                yield item
            pending.extend(reversed(item.values()))
        elif isinstance(item, (list, tuple)):
            pending.extend(reversed(item))


def _is_shown(artifact: Mapping[str, Any]) -> bool:
    size, media_type = artifact["bytes"], artifact["content_type"]
    return isinstance(media_type, str) and media_type in _MEDIA_TYPES and isinstance(size, int) and size <= _MOST_BYTES
