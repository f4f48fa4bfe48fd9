"""Logs in to a small shop by a browser, works behind the login, and shows what became of each step.

One command does it all: it serves the shop, and a local cloud whose browsers may visit it::

    python examples/login_workflow.py --output login
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import small_site
from rich.console import Console
from rich.table import Table

from tool_executor import Secret, ToolCall, ToolExecutor
from tool_executor.agents import BrowserAgent
from tool_executor.aws import Aws
from tool_executor.deployment import Deployment
from tool_executor.local import LocalCloud

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tool_executor import ToolExecutionResult

console = Console()


def table_of(results: Iterable[ToolExecutionResult]) -> Table:
    """Return a line for each step."""
    table = Table("step", "status", "ms", "answer", box=None)
    for result in results:
        answer = result.error if result.is_failure else str(result.result.get("url", ""))
        table.add_row(result.tool_name, result.status.value, f"{result.execution_time_ms:.0f}", answer)
    return table


def log_in_and_note(agent: BrowserAgent, site: str, password: str) -> list[ToolExecutionResult]:
    """Log in, leave a note for the warehouse, read what the page says then, and take a picture of it."""
    return agent.run_steps(
        [
            *agent.login_steps(f"{site}/login", small_site.USER, Secret(password)),
            ToolCall("type", {"selector": "#note", "text": "Two pallets of P001, please"}),
            agent.click_call("#submit-btn"),  # there is none: it is found by its text
            ToolCall("get_text", {"selector": "#noted"}),
            ToolCall("take_screenshot"),
        ],
        correlation_id="login-workflow",
    )


def keep_picture(aws: Aws, result: ToolExecutionResult, folder: Path) -> Path:
    """Fetch a screenshot from the artefact bucket."""
    artifact = result.result["artifact"]
    body = aws.s3.get_object(Bucket=artifact["bucket"], Key=artifact["key"])["Body"].read()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dashboard.png").write_bytes(body)
    return folder / "dashboard.png"


def main() -> int:
    """Run the workflow with the right password, then with a wrong one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("login"), help="where the picture goes")
    output = parser.parse_args().output
    project = Path(__file__).resolve().parents[1]
    with (
        small_site.serving() as site,
        console.status("Starting a local cloud"),
        LocalCloud(project, private_origins=[site.origin], sample_data=False) as cloud,
    ):
        aws = Aws(cloud.deployment.region, cloud.endpoint_url)
        with ToolExecutor(aws=aws, deployment=Deployment.from_outputs(cloud.deployment.outputs)) as executor:
            agent = BrowserAgent(executor)
            results = log_in_and_note(agent, site.origin, small_site.PASSWORD)
            console.print(table_of(results))
            if results[-1].is_failure:
                return 1
            console.print(f"The page says: {results[-2].result['untrusted_content']['text']}")
            console.print(f"Picture: {keep_picture(aws, results[-1], output)}")
            logged_in = agent.login_workflow(f"{site.origin}/login", small_site.USER, Secret("wrong-horse"))
            console.print(f"With a wrong password: {'logged in' if logged_in else 'not logged in'}")
            console.print(agent.analyze_execution("login-workflow"))
            return 1 if logged_in else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
