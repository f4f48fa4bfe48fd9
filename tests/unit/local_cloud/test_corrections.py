"""Corrections of moto: for its one version, and taken back."""

from __future__ import annotations

import importlib.metadata
from types import SimpleNamespace

import pytest

from tool_executor.local import moto_version
from tool_executor.local.errors import LocalPackagesMissing, MotoVersionMismatch
from tool_executor.local.moto_patches.correction import AppliedCorrections, Correction


def test_the_installed_moto_is_the_one_that_is_corrected() -> None:
    moto_version.check_moto_version()


def test_another_moto_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moto_version, "version", lambda _: "5.2.6")
    with pytest.raises(MotoVersionMismatch) as raised:
        moto_version.check_moto_version()
    assert "5.2.6" in raised.value.sentence
    assert "pip install" in str(raised.value.hint)


def test_no_moto_at_all_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(moto_version, "version", missing)
    with pytest.raises(LocalPackagesMissing):
        moto_version.check_moto_version()


def test_what_is_corrected_must_be_there() -> None:
    with pytest.raises(MotoVersionMismatch, match="other"):
        AppliedCorrections([Correction(SimpleNamespace(name=1), "other", 2, "a reason")])


def test_corrections_are_taken_back_in_reverse() -> None:
    target = SimpleNamespace(name="original")
    applied = AppliedCorrections([Correction(target, "name", "first", "r"), Correction(target, "name", "second", "r")])
    assert target.name == "second"
    applied.revert()
    assert target.name == "original"


def test_what_is_added_goes_again() -> None:
    target = SimpleNamespace()
    applied = AppliedCorrections([Correction(target, "new", 1, "a reason", adds=True)])
    assert target.new == 1
    applied.revert()
    assert vars(target) == {}


def test_what_moto_has_meanwhile_is_not_added_to_it() -> None:
    with pytest.raises(MotoVersionMismatch, match="There is a"):
        AppliedCorrections([Correction(SimpleNamespace(new=1), "new", 2, "a reason", adds=True)])
