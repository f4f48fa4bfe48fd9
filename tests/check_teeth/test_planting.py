"""The trial of faults: verdicts by a stand-in for the checks, and the commands' usage."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from infra.checks import __main__ as checks
from infra.checks.run import Result
from tests.check_teeth import __main__ as command
from tests.check_teeth.fault import Fault
from tests.check_teeth.planting import Outcome, Planting, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# A package of the checks' name, which finds the word "bad" in the files that it is given.
STAND_IN = """\
import json, sys
from pathlib import Path

files = [name for name in sys.argv[1:] if name.endswith((".py", ".json"))]
texts = [Path(name).read_text() for name in files]
if any("crash" in text for text in texts):
    sys.exit("it crashed")
print(json.dumps([{"said": "; ".join(text for text in texts if "bad" in text)}]))
"""


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    (tmp_path / "infra" / "checks").mkdir(parents=True)
    for package in ("infra", "infra/checks"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "infra" / "checks" / "__main__.py").write_text(STAND_IN, encoding="utf-8")
    (tmp_path / "product.py").write_text("good\n", encoding="utf-8")
    (tmp_path / "bad.py").write_text("bad already\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def _fault(name: str, **place: Any) -> Fault:
    return Fault(name=name, check="rules", finds="bad", why="Why.", **place)


def test_each_fault_gets_its_verdict_and_the_project_is_not_touched(small_project: Path, tmp_path: Path) -> None:
    template = tmp_path / "clean.json"
    template.write_text(json.dumps({"Resources": {"T": {"Type": "A", "Properties": {"P": "good"}}}}), "utf-8")
    faults = [
        _fault("replaced", file="product.py", old="good", new="bad"),
        _fault("new-file", file="new.py", new="bad"),
        _fault("harmless", file="product.py", old="good", new="fine"),
        _fault("there-before", file="bad.py", old="already", new="still"),
        _fault("gone", file="product.py", old="better", new="bad"),
        _fault("crashes", file="product.py", old="good", new="crash"),
        _fault("in-the-template", kind="A", pointer="/P", value="bad"),
        _fault("unseen-in-the-template", kind="A", pointer="/P", value="fine"),
        _fault("nowhere-in-the-template", kind="B", pointer="/P", value="bad"),
    ]

    outcomes = list(Planting(lambda: {"prod": template}, jobs=2, root=small_project).outcomes(faults))

    assert {outcome.fault.name: outcome.verdict for outcome in outcomes} == {
        "replaced": Verdict.FOUND,
        "new-file": Verdict.FOUND,
        "harmless": Verdict.NOT_FOUND,
        "there-before": Verdict.FOUND_ANYHOW,
        "gone": Verdict.DOES_NOT_APPLY,
        "crashes": Verdict.NO_RESULT,
        "in-the-template": Verdict.FOUND,
        "unseen-in-the-template": Verdict.NOT_FOUND,
        "nowhere-in-the-template": Verdict.DOES_NOT_APPLY,
    }
    assert all(outcome.said for outcome in outcomes if not outcome.is_well)
    assert (small_project / "product.py").read_text(encoding="utf-8") == "good\n"
    assert not (small_project / "new.py").exists()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_command_ends_well_only_if_all_are_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verdict: Verdict
) -> None:
    faults = (_fault("f-1", file="a.py", new="x"), _fault("f-2", file="a.py", new="x"))

    def outcomes(_: Planting, tried: Sequence[Fault]) -> Iterator[Outcome]:
        yield from reversed([Outcome(each, said) for each, said in zip(tried, (Verdict.FOUND, verdict), strict=True)])

    monkeypatch.setattr(command, "load_faults", lambda: faults)
    monkeypatch.setattr(Planting, "outcomes", outcomes)

    assert command.main(["--json"]) == (0 if verdict is Verdict.FOUND else 1)
    told = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["verdict"]) for each in told] == [("f-1", "found"), ("f-2", verdict.value)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--only", "a-raw-got"], "a-raw-goto"), (["--only", "zzz"], "--list"), (["--jobs", "0"], "1 to 16")],
)
def test_wrong_usage_is_one_sentence_that_helps(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)

    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_the_list_shows_each_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list", "--only", "a-raw-goto"]) == 0
    assert "a-raw-goto (raw-goto)" in capsys.readouterr().out
    assert command.main(["--list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(command.load_faults())


@pytest.mark.parametrize(("said", "exit_code"), [("", 0), ("It is bad.", 1)])
def test_the_checks_show_what_failed_and_end_accordingly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, said: str, exit_code: int
) -> None:
    result = Result(check="rules", looks_for="rules", hint="Mend it.", said=said, seconds=1, stage="dev")
    monkeypatch.setattr(checks, "results", lambda *_, **__: iter([result]))
    monkeypatch.setattr(checks, "OWN_ENVIRONMENT", tmp_path)

    assert checks.main(["--only", "rules"]) == exit_code
    printed = capsys.readouterr().out
    assert ("It is bad.\n        -> Mend it." in printed) is bool(said)
    assert checks.main(["--json"]) == exit_code
    assert [each["ok"] for each in json.loads(capsys.readouterr().out)] == [not said]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--only", "zzz"], "invalid choice"), (["--stage", "dev"], "go together"), ([], "make check")],
)
def test_wrong_usage_of_the_checks_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.setattr(checks, "OWN_ENVIRONMENT", tmp_path if arguments else tmp_path / "not" / "there")

    with pytest.raises(SystemExit) as ended:
        checks.main(arguments)

    assert ended.value.code == 2
    assert told in capsys.readouterr().err
