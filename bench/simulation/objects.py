"""A client of a modelled S3: objects in memory, with a latency."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from bench.simulation.virtual_time import Timeline

_SECONDS: Final = 0.03


class Objects:
    """What botocore's client does, as far as it is used."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._bodies: dict[str, bytes] = {}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803 - botocore's names
        """Keep an object."""
        self._timeline.wait(_SECONDS)
        self._bodies[Key] = Body
        return {}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - as above
        """Return an object, or raise NoSuchKey."""
        self._timeline.wait(_SECONDS)
        body = self._bodies.get(Key)
        if body is None:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        return {"Body": io.BytesIO(body), "ContentLength": len(body)}

    def forget(self, prefix: str) -> None:
        """Drop the objects of an execution."""
        for key in [key for key in self._bodies if key.startswith(prefix)]:
            del self._bodies[key]
