"""The README promises nothing that is not run here."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e import readme
from tests.e2e.conftest import ROOT, Shell, clean_environment, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("readme")


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with serving() as ready:
        yield Shell(clean_environment(ready))


def test_the_aws_cli_commands_run_as_they_stand(shell: Shell) -> None:
    said = shell.run("bash", "-euo", "pipefail", "-c", readme.marked("aws-cli"))
    assert '"status":"succeeded"' in said.replace(" ", "")
    assert "forecast-with-fallback\tsuccess\t2" in said
    assert "my-first\tsucceeded" in said


def test_the_demo_runs_every_tool_over_three_warehouses_and_one_fallback_answers(shell: Shell) -> None:
    output = shell.json("tool-executor", "run", "examples/morning_check.json", "--json")
    assert len(output["results"]) >= 12
    assert {envelope["tool_name"] for envelope in output["results"]} == {
        "calculate_reorder_points",
        "identify_stockout_risks",
        "forecast_demand",
    }
    (answered_by_fallback,) = [e for e in output["results"] if e["metadata"].get("fallback_used")]
    assert "NotFound" in answered_by_fallback["metadata"]["primary_error"]


def test_the_metrics_of_what_was_run_agree_with_the_history(shell: Shell) -> None:
    shell.run("tool-executor", "run", "examples/morning_check.json")
    told = shell.json("tool-executor", "metrics", "--check", "--json")
    assert told["differences"] == []
    assert sum(figures.get("Calls", 0) for figures in told["by_tool"].values()) >= 13
    assert told["by_tool"]["forecast_demand"]["Fallbacks"] >= 1
    assert told["by_tool"]["forecast_demand"]["ExecutionTime"]["p95"] > 0
    assert "The history agrees" in shell.run("tool-executor", "metrics", "--check")


def test_the_smallest_request_runs(shell: Shell) -> None:
    (smallest,) = [block for block in readme.blocks("json") if '"calls"' in block]
    output = shell.json("tool-executor", "run", "-", "--json", given=smallest)
    assert output["status"] == "succeeded"


@pytest.mark.parametrize(("field", "unknown"), [("warehouse_code", "WH009"), ("product_code", "P999")])
def test_an_unknown_warehouse_or_product_is_a_failure_envelope(shell: Shell, field: str, unknown: str) -> None:
    known = {"warehouse_code": "WH001", "product_code": "P001"}
    request = {"calls": [{"tool_name": "forecast_demand", "input": {**known, field: unknown}}]}
    said = shell.run("tool-executor", "run", "-", "--json", given=json.dumps(request), code=1)
    envelope = json.loads(said.splitlines()[0])["results"][0]
    assert (envelope["error_code"], envelope["details"][0]["pointer"]) == ("NotFound", f"/{field}")


def test_every_file_that_it_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", readme.text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_make_target_that_it_names_is_there() -> None:
    targets = set(re.findall(r"make ([a-z]+)", readme.text()))
    assert targets >= {"demo", "test", "local", "deploy", "catalog", "bench"}
    listed = Shell({"PATH": "/usr/bin:/bin"}).run("make", "help")
    assert [target for target in targets if f"make {target}" not in listed] == []


def test_a_browser_logs_in_to_the_shop_and_keeps_a_picture(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    said = Shell(dict(os.environ), tmp_path).run("bash", "-euo", "pipefail", "-c", readme.marked("browser"))
    assert "The page says: Noted: Two pallets of P001, please" in said
    assert "With a wrong password: not logged in" in said
    assert (tmp_path / "login" / "dashboard.png").read_bytes().startswith(b"\x89PNG")


def test_an_inventory_of_ones_own_is_loaded_drawn_and_reviewed(shell: Shell, tmp_path: Path) -> None:
    """The last test of this cloud: it replaces the sample that the others use."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    said = Shell(shell.environment, tmp_path).run("bash", "-euo", "pipefail", "-c", readme.marked("inventory"))
    assert "p001.png" in said
    assert (tmp_path / "p001.png").stat().st_size > 50_000
    assert "# Morning review" in (tmp_path / "review" / "review.md").read_text("utf-8")
