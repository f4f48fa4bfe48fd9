"""Takes the pictures of the page for README and docs/ui.md: ``python docs/ui_pictures.py``.

It runs real executions on a local cloud of its own. So that the charts have more than one hour to show, it writes
copies of their records, up to a day older.
"""  # noqa: INP001 - not a package

from __future__ import annotations

import json
import random
import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from PIL import Image
from playwright.sync_api import sync_playwright

from tool_contract.items import to_item
from tool_contract.timestamps import iso_from_ms, ms_from_iso
from tool_executor.aws import Aws
from tool_executor.deployment import Deployment
from tool_executor.execution import Runner
from tool_executor.history import History
from tool_executor.local import LocalCloud
from tool_executor.local.browsers.chromium import find_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs" / "pictures"
HOUR_MS: Final = 3_600_000
MIX: Final = {
    "max_concurrency": 4,
    "correlation_id": "mix",
    "calls": [
        {"call_id": "greeting", "tool_name": "echo", "input": {"text": "hello", "seconds": 1.4}},
        {"call_id": "unreliable", "tool_name": "flaky", "input": {"failures": 2}},
        {
            "call_id": "with-fallback",
            "tool_name": "missing",
            "input": {"name": "x"},
            "fallbacks": [{"tool_name": "echo", "input": {"text": "instead", "seconds": 0.7}}],
        },
        {"call_id": "stuck", "tool_name": "hang", "input": {}, "timeout_seconds": 1, "max_retries": 1},
        {"call_id": "crash", "tool_name": "crash_unsafely", "input": {}},
        {"call_id": "rare", "tool_name": "draw_rarely", "input": {"name": "lot", "seconds": 0.5}},
        {"call_id": "last", "tool_name": "echo", "input": {"text": "bye", "seconds": 0.8}},
    ],
}


@dataclass(frozen=True)
class Sample:
    """A local cloud with something in its history."""

    aws: Aws
    deployment: Deployment
    environment: dict[str, str]

    def run(self, request: object) -> str:
        """Run a request to its end; return the execution's id."""
        runner = Runner(self.aws, self.deployment)
        execution = runner.start(request)
        for _ in runner.follow(execution):
            pass
        return execution.execution_id

    def age(self, execution_ids: list[str]) -> None:
        """Write copies of the executions' records, of every hour of the last day."""
        draw, history = random.Random(7), History.of(self.aws, self.deployment)  # noqa: S311 - a picture
        for hours in range(1, 24):
            for execution_id in draw.choices(execution_ids, k=draw.randint(0, 3)):
                name = str(uuid.UUID(int=draw.getrandbits(128), version=4))
                for record in history.execution(execution_id):
                    self._put(record, name, hours * HOUR_MS, draw.uniform(0.6, 1.5))

    def _put(self, record: dict[str, Any], name: str, back_ms: int, pace: float) -> None:
        moved = {key: _earlier(value, back_ms) for key, value in record.items()}
        if "execution_time_ms" in moved:
            moved["execution_time_ms"] = float(moved["execution_time_ms"]) * pace
        for key in ("day", "tool_day"):
            if key in moved:
                moved[key] = moved[key].replace(record["started_at"][:10], moved["started_at"][:10])
        self.aws.dynamodb.put_item(
            TableName=self.deployment.history_table, Item=to_item({**moved, "execution_id": name})
        )


def _earlier(value: Any, back_ms: int) -> Any:  # noqa: ANN401 - an attribute is any value
    if isinstance(value, str) and len(value) == len("2026-11-20T10:00:00.000Z") and value.endswith("Z"):
        return iso_from_ms(ms_from_iso(value) - back_ms)
    return value


@contextmanager
def sample() -> Iterator[tuple[Sample, str]]:
    """Start a local cloud, and serve its page; yield both, the page by its link."""
    with LocalCloud(ROOT, extra_groups=("tests/tool_groups/probe",), progress=print) as cloud:
        aws = Aws(cloud.deployment.region, cloud.deployment.endpoint_url)
        found = Sample(aws, Deployment.from_outputs(cloud.deployment.outputs), cloud.deployment.environment)
        command = [sys.executable, "-m", "tool_executor.cli.main", "ui", "--json", "--port", "0"]
        with subprocess.Popen(command, env=found.environment, stdout=subprocess.PIPE, text=True) as page:  # noqa: S603
            assert page.stdout is not None  # noqa: S101 - it was asked for
            yield found, json.loads(page.stdout.readline())["url"]
            page.terminate()


@dataclass(frozen=True)
class Camera:
    """A browser on the page that a link leads to."""

    browser: Browser
    link: str

    def take(
        self, path: str, name: str, height: int, *, scheme: Literal["light", "dark"] = "light", click: str
    ) -> None:
        """Take the picture of an address, after a click where ``click`` selects something."""
        context = self.browser.new_context(viewport={"width": 1100, "height": height}, color_scheme=scheme)
        page = context.new_page()
        page.goto(self.link)
        page.goto(self.link.partition("/?")[0] + path, wait_until="networkidle")
        if click:
            page.locator(click).click()
            page.wait_for_load_state("networkidle")
        page.screenshot(path=FOLDER / name)
        context.close()
        # Flat colours: 128 of them are all that there are, and a third of the bytes.
        Image.open(FOLDER / name).quantize(128, dither=Image.Dither.NONE).save(FOLDER / name, optimize=True)


def main() -> None:
    """Take all pictures."""
    with sample() as (cloud, link), sync_playwright() as playwright:
        morning = cloud.run(json.loads((ROOT / "examples" / "morning_check.json").read_text()))
        mixed = cloud.run(MIX)
        cloud.age([morning, mixed])
        browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        camera = Camera(browser, link)
        camera.take("/executions", "ui-executions.png", 560, click="")
        camera.take(f"/executions/{mixed}", "ui-execution.png", 740, click="#words-3 summary")
        camera.take("/tools/forecast_demand", "ui-form.png", 760, click=".run-bar button")
        camera.take("/statistics", "ui-statistics.png", 1090, scheme="dark", click="")
        browser.close()


if __name__ == "__main__":
    main()
