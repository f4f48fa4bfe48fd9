"""Where AWS's console shows an execution."""

from __future__ import annotations

import pytest

from tool_executor.aws import Aws
from tool_executor.console_links import is_on_aws, links_of

NAME = "arn:aws:states:eu-central-1:123456789012:execution:tool-executor-dev:nightly"
TRACE = "1-5759e988-bd862e3fe1be46a994272793"


def test_an_execution_has_its_states_and_its_trace() -> None:
    assert links_of({"execution_arn": NAME, "route": "workflow", "trace_id": TRACE}) == {
        "states": "https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1"
        f"#/v2/executions/details/{NAME}",
        "trace": f"https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#xray:traces/{TRACE}",
    }


def test_an_express_execution_is_found_by_the_time_at_which_it_began() -> None:
    arn = "arn:aws:states:eu-central-1:123456789012:express:tool-executor-dev-express:nightly:4f3c"
    record = {"execution_arn": arn, "route": "express", "started_at": "2026-11-20T10:00:00.000Z"}

    assert links_of(record) == {
        "states": "https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1"
        f"#/express-executions/details/{arn}?startDate=1795168800000",
    }


def test_without_a_trace_there_is_no_link_to_one() -> None:
    assert links_of({"execution_arn": NAME, "route": "workflow"}).keys() == {"states"}


@pytest.mark.parametrize(
    ("partition", "host"),
    [("aws-cn", "cn-north-1.console.amazonaws.cn"), ("aws-us-gov", "cn-north-1.console.amazonaws-us-gov.com")],
)
def test_other_partitions_have_consoles_of_their_own(partition: str, host: str) -> None:
    arn = f"arn:{partition}:states:cn-north-1:123456789012:execution:tool-executor-dev:nightly"

    assert links_of({"execution_arn": arn, "route": "workflow"})["states"].startswith(f"https://{host}/")


@pytest.mark.parametrize("arn", ["", "4f3c", "arn:aws-iso:states:us-iso-east-1:1:execution:a:b"])
def test_where_there_is_no_known_console_there_are_no_links(arn: str) -> None:
    assert links_of({"execution_arn": arn, "route": "direct", "trace_id": TRACE}) == {}


@pytest.mark.parametrize(
    ("aws", "expected"),
    [(Aws("eu-central-1"), True), (Aws("us-east-1", "http://localhost:5000"), False)],
)
def test_the_local_cloud_has_no_console(aws: Aws, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    assert is_on_aws(aws) is expected
