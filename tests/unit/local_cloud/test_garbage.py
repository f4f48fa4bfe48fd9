"""A local cloud in a program's own process leaves Python's garbage collection as it found it."""

from __future__ import annotations

import gc

from tool_executor.local.garbage import look_seldom


def test_thresholds_and_what_is_frozen_are_as_before_once_it_is_taken_back() -> None:
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()

    take_back = look_seldom()
    meanwhile = gc.get_threshold(), gc.get_freeze_count()
    take_back()

    assert meanwhile[0][0] > thresholds[0]
    assert meanwhile[1] > frozen
    assert (gc.get_threshold(), gc.get_freeze_count()) == (thresholds, frozen)
