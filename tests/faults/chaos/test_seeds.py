"""Seeds are scenarios, those that failed are kept, and a few of them hold against the oracle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.faults.chaos import __main__ as command
from tests.faults.chaos.campaign import Campaign
from tests.faults.chaos.generator import scenario
from tests.faults.chaos.kept_seeds import keep, kept_seeds
from tests.faults.chaos.scenario import ID, named_run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.faults.faulty_cloud import FaultyCloud

#: A start again, a late plan, a stop, two executions, a cancel; keys; faults of tools, planner, finisher and DynamoDB.
SAMPLE = (3, 10, 66, 69, 132)


def test_a_seed_is_one_scenario() -> None:
    assert scenario(7) == scenario(7)
    assert len({json.dumps(scenario(seed).to_json()) for seed in range(50)}) == 50


def test_every_fault_names_its_execution_and_every_name_is_filled_in(tmp_path: Path) -> None:
    for seed in range(100):
        for planned in scenario(seed).runs:
            assert all(ID in fault.containing for fault in planned.faults)
            run, faults = named_run(planned, "chaos-1", tmp_path / "ledger", "n1")
            assert all("chaos-1" in fault.containing for fault in faults)
            assert not any(name in json.dumps(run.request) for name in ("{id}", "{ledger}", "{nonce}", "{long note}"))


def test_a_seed_that_failed_is_kept_once(tmp_path: Path) -> None:
    file = tmp_path / "seeds.toml"
    file.write_text("# none yet\n", "utf-8")
    assert [keep(7, 'a "rule"', file), keep(9, "another", file), keep(7, "again", file)] == [True, True, False]
    assert kept_seeds(file) == (7, 9)


def test_a_seed_is_shown_without_being_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--show", "7"]) == 0
    assert json.loads(capsys.readouterr().out) == scenario(7).to_json()


def test_a_few_seeds_and_those_that_once_failed_hold(faulty_cloud: FaultyCloud) -> None:
    campaign = Campaign(faulty_cloud, at_once=6)
    seeds = tuple(dict.fromkeys((*kept_seeds(), *SAMPLE)))
    found = [violation for verdict in campaign.verdicts(seeds) for violation in verdict.violations]
    found += campaign.afterwards()
    assert not found, "\n".join(str(violation) for violation in found)
