"""Where the history's busy keys lie."""

from __future__ import annotations

from collections import Counter

from tool_contract.shards import day_key, open_key, shard_of, tool_day


def test_the_first_shard_is_where_rows_lay_before_there_were_others() -> None:
    assert (day_key("2026-11-20"), open_key(), tool_day("echo", "2026-11-20")) == (
        "2026-11-20",
        "0",
        "echo#2026-11-20#0",
    )
    assert shard_of("any execution", 1) == 0


def test_every_other_shard_has_keys_of_its_own() -> None:
    assert (day_key("2026-11-20", 3), open_key(3), tool_day("echo", "2026-11-20", 3)) == (
        "2026-11-20#3",
        "3",
        "echo#2026-11-20#3",
    )


def test_ids_are_spread_evenly() -> None:
    spread = Counter(shard_of(f"execution-{number}/c{number % 10}", 64) for number in range(64_000))

    assert len(spread) == 64
    assert max(spread.values()) < 1.2 * 1000
