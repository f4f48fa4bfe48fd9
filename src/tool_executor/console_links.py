"""Where AWS's console shows an execution: its states, its trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from tool_contract.express import ran_by_express
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from tool_executor.aws import Aws
    from tool_executor.history import Record

_CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_OF_AWS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


def is_on_aws(aws: Aws) -> bool:
    """Whether requests go to AWS itself, which alone has a console."""
    return (urlsplit(aws.dynamodb.meta.endpoint_url).hostname or "").endswith(_OF_AWS)


def links_of(execution: Record) -> dict[str, str]:
    """Return the console's pages about an execution, by what they show; ``execution`` is its own record.

    ``states`` is there where a state machine ran it, ``trace`` where it was traced. Of an Express execution the console
    puts the states together from its log, and finds them by the time at which it began.
    """
    arn = str(execution.get("execution_arn", ""))
    if not arn.startswith("arn:"):
        return {}
    _, partition, _, region, _ = arn.split(":", 4)
    if partition not in _CONSOLES:
        return {}
    home = f"https://{region}.{_CONSOLES[partition]}"
    links = {}
    if execution.get("route") == "workflow":
        links["states"] = f"{home}/states/home?region={region}#/v2/executions/details/{quote(arn, safe=':')}"
    if ran_by_express(execution):
        began = ms_from_iso(str(execution["started_at"]))
        details = f"#/express-executions/details/{quote(arn, safe=':')}?startDate={began}"
        links["states"] = f"{home}/states/home?region={region}{details}"
    if "trace_id" in execution:
        links["trace"] = f"{home}/cloudwatch/home?region={region}#xray:traces/{execution['trace_id']}"
    return links
