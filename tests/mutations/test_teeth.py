"""The trial of mutations, on a project of two files and on a copy of this one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.mutations import __main__ as command
from tests.mutations.mutation import Mutation
from tests.mutations.project_copy import ProjectCopy
from tests.mutations.teeth import Outcome, Teeth, Verdict
from tool_executor.aws import Aws

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PRODUCT = "def answer() -> int:\n    return 42\n"
TESTS = """\
import pytest
from product import answer

@pytest.fixture
def checked():
    yield
    assert answer() == 42

def test_it_is_42(): assert answer() == 42
@pytest.mark.parametrize("least", [1, 2])
def test_it_is_positive(least): assert answer() >= least
def test_only_its_fixture_looks(checked): pass
def test_it_fails_anyhow(): assert answer() == 41
"""


def _mutation(name: str, test: str, new: str = "43", old: str = "42") -> Mutation:
    return Mutation(
        name=name,
        promise="P1",
        why="Why.",
        file="src/product.py",
        old=old,
        new=new,
        tests=(f"test_product.py::{test}",),
    )


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "product.py").write_text(PRODUCT, encoding="utf-8")
    (tmp_path / "test_product.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / ".gitignore").write_text("ignored\n", encoding="utf-8")
    (tmp_path / "ignored").write_text("", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def test_each_mutation_gets_its_verdict_and_the_project_is_not_touched(small_project: Path) -> None:
    mutations = [
        _mutation("wrong", "test_it_is_42"),
        _mutation("negative", "test_it_is_positive", new="1"),
        _mutation("unseen", "test_it_is_positive"),
        _mutation("gone", "test_it_is_42", old="44"),
        _mutation("broken", "test_it_is_42", new="4 2"),
        _mutation("by-its-fixture", "test_only_its_fixture_looks"),
        _mutation("fails-before", "test_it_fails_anyhow"),
        _mutation("lost", "test_of_another_name"),
        _mutation("right-again", "test_it_is_42"),
    ]

    outcomes = list(Teeth(lambda _: None, jobs=2, root=small_project).outcomes(mutations))

    assert {outcome.fault.name: outcome.verdict for outcome in outcomes} == {
        "wrong": Verdict.CAUGHT,
        "negative": Verdict.CAUGHT,
        "unseen": Verdict.SURVIVED,
        "gone": Verdict.DOES_NOT_APPLY,
        "broken": Verdict.NO_RESULT,
        "by-its-fixture": Verdict.NO_RESULT,
        "fails-before": Verdict.TESTS_UNFIT,
        "lost": Verdict.TESTS_UNFIT,
        "right-again": Verdict.CAUGHT,
    }
    assert all(outcome.said for outcome in outcomes if not outcome.is_well)
    assert (small_project / "src" / "product.py").read_text(encoding="utf-8") == PRODUCT


def test_a_copy_has_what_git_would_keep_and_is_put_back(small_project: Path) -> None:
    with ProjectCopy.made(small_project) as copy:
        with copy.mutated(_mutation("wrong", "test_it_is_42")):
            assert "43" in (copy.folder / "src" / "product.py").read_text(encoding="utf-8")
        assert (copy.folder / "src" / "product.py").read_text(encoding="utf-8") == PRODUCT
        assert not (copy.folder / "ignored").exists()
    assert not copy.folder.exists()


def test_a_run_that_does_not_end_is_ended(small_project: Path) -> None:
    (small_project / "test_product.py").write_text("import time\ndef test_hangs(): time.sleep(600)\n", encoding="utf-8")

    with ProjectCopy.made(small_project) as copy:
        run = copy.run(["test_product.py::test_hangs"], seconds=3)

    assert (run.complete, run.ran) == (False, frozenset())
    assert "No end after 3 s" in run.printed


@pytest.fixture(scope="module")
def copy_of_this() -> Iterator[ProjectCopy]:
    with ProjectCopy.made() as copy:
        yield copy


def test_a_copy_imports_itself_though_the_original_is_installed(copy_of_this: ProjectCopy) -> None:
    names = [
        "infra.settings",
        "inventory_data",
        "lambdas.runtime.clock",
        "tests.mutations",
        "tool_contract.limits",
        "tool_executor.aws",
    ]
    script = f"import importlib; print(*(importlib.import_module(n).__file__ for n in {names}))"

    printed = subprocess.run(
        [sys.executable, "-c", script],
        cwd=copy_of_this.folder, env=copy_of_this.environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip

    assert len(printed.split()) == len(names)
    assert all(Path(file).is_relative_to(copy_of_this.folder) for file in printed.split())


def test_workers_of_a_copys_local_cloud_run_the_mutated_code(copy_of_this: ProjectCopy) -> None:
    mutation = Mutation(
        name="m", promise="P1", why="Why.", file="lambdas/finisher/handler.py", tests=(),
        old='return {"ended": ended, "failed": failed}', new='return {"ended": ["mutated"], "failed": failed}',
    )  # fmt: skip
    serve = [sys.executable, "-W", "ignore", "-m", "tool_executor.cli.main", "local", "up", "--json"]

    with copy_of_this.mutated(mutation), subprocess.Popen(
        [*serve, "--no-sample-data"],
        cwd=copy_of_this.folder, env=copy_of_this.environment, stdout=subprocess.PIPE, text=True,
    ) as cloud:  # fmt: skip
        try:
            assert cloud.stdout is not None
            ready: dict[str, Any] = json.loads(cloud.stdout.readline())
            functions = Aws(ready["region"], ready["endpoint_url"]).functions
            answer = functions.invoke(FunctionName="tool-executor-dev-finisher", Payload=b'{"sweep": true}')
            said = json.loads(answer["Payload"].read())
        finally:
            cloud.terminate()
            cloud.wait(timeout=30)

    assert said == {"ended": ["mutated"], "failed": []}


# The command


@pytest.mark.parametrize(
    ("verdicts", "exit_code"),
    [([Verdict.CAUGHT, Verdict.CAUGHT], 0)]
    + [([Verdict.CAUGHT, verdict], 1) for verdict in Verdict if verdict is not Verdict.CAUGHT],
)
def test_the_command_ends_well_only_if_all_are_caught(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verdicts: list[Verdict], exit_code: int
) -> None:
    mutations = tuple(_mutation(f"m-{number}", "t") for number in range(len(verdicts)))

    def outcomes(_: Teeth, tried: Sequence[Mutation]) -> Iterator[Outcome]:
        yield from reversed([Outcome(each, verdict, 1.0) for each, verdict in zip(tried, verdicts, strict=True)])

    monkeypatch.setattr(command, "load_mutations", lambda: mutations)
    monkeypatch.setattr(Teeth, "outcomes", outcomes)

    assert command.main(["--json"]) == exit_code

    told = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["verdict"]) for each in told] == [
        (mutation.name, verdict.value) for mutation, verdict in zip(mutations, verdicts, strict=True)
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "no-fence-at-the-stat"], "no-fence-at-the-start"),
        (["--only", "zzz"], "--list"),
        (["--jobs", "0"], "1 to 16"),
        (["--jobs", "many"], "1 to 16"),
    ],
)
def test_wrong_usage_is_one_sentence_that_helps(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)

    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_the_list_shows_each_mutation(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list", "--only", "jitter-after-the-cap"]) == 0
    assert "jitter-after-the-cap" in capsys.readouterr().out
    assert command.main(["--list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(command.load_mutations())


def test_the_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])

    assert "make teeth ARGS=" in capsys.readouterr().out
