"""What a form has sent, once it is known to be one of this page's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

#: A request has 6 MB at most; urlencoded text may be three times as long.
_MAX_BYTES: Final = 24_000_000
_MAX_FIELDS: Final = 5_000


async def submitted(request: Request) -> dict[str, str]:
    """Return a form's fields. Raises RequestRefusedError unless it holds this page's token."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > _MAX_BYTES:
        raise HTTPException(413)
    form = await request.form(max_files=0, max_fields=_MAX_FIELDS, max_part_size=_MAX_BYTES)
    # Browsers send line ends as CR LF, whatever the text had.
    fields = {name: value.replace("\r\n", "\n") for name, value in form.multi_items() if isinstance(value, str)}
    request.app.state.key.require_token(fields)
    return fields
