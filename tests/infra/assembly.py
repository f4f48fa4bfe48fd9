"""What a synth wrote, read back: the template by type and property, never by logical id."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.checks.template import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
NODE: Final = Path(sys.executable).with_name("node")


@dataclass(frozen=True)
class Assembly:
    """A cloud assembly of one stage, with every reference in its template replaced by a likely value."""

    folder: Path
    stage: str

    @cached_property
    def template(self) -> dict[str, Any]:
        """The template as it was written."""
        loaded: dict[str, Any] = json.loads(self.template_file.read_text(encoding="utf-8"))
        return loaded

    @cached_property
    def view(self) -> Template:
        """The template as the checks look at it."""
        return Template(self.template)

    @property
    def template_file(self) -> Path:
        """Where the template lies."""
        return self.folder / f"tool-executor-{self.stage}.template.json"

    @cached_property
    def resources(self) -> list[dict[str, Any]]:
        """All resources, resolved."""
        return [self.resolve(resource) for resource in self.template["Resources"].values()]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the properties of each resource of the type."""
        return [resource.get("Properties", {}) for resource in self.resources if resource["Type"] == kind]

    def only(self, kind: str) -> dict[str, Any]:
        """Return the properties of the one resource of the type."""
        (properties,) = self.of_type(kind)
        return properties

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        """The Lambda functions' properties by what follows the stack's name."""
        prefix = f"tool-executor-{self.stage}-"
        return {each["FunctionName"].removeprefix(prefix): each for each in self.of_type("AWS::Lambda::Function")}

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs' values by their keys, resolved."""
        return {name: self.resolve(output["Value"]) for name, output in self.template["Outputs"].items()}

    @property
    def definition(self) -> dict[str, Any]:
        """The Standard state machine's definition, its joins resolved."""
        return self.definition_of()

    def definition_of(self, suffix: str = "") -> dict[str, Any]:
        """Return the definition of the state machine `<stack><suffix>`, its joins resolved."""
        parsed: dict[str, Any] = json.loads(self.machine(suffix)["DefinitionString"])
        return parsed

    def machine(self, suffix: str = "") -> dict[str, Any]:
        """Return the properties of the state machine that is named after the stack, or with `-bulk`, `-from-…`."""
        name = f"tool-executor-{self.stage}{suffix}"
        (found,) = [
            each for each in self.of_type("AWS::StepFunctions::StateMachine") if each["StateMachineName"] == name
        ]
        return found

    def zip_folder(self, function: str) -> Path:
        """Return the folder that the CDK CLI zips for the function."""
        key = self.functions[function]["Code"]["S3Key"]
        assets = json.loads((self.folder / f"tool-executor-{self.stage}.assets.json").read_text(encoding="utf-8"))
        source = assets["files"][key.removesuffix(".zip")]["source"]
        assert source["packaging"] == "zip"
        return self.folder / str(source["path"])

    def statements(self, role_arn: str) -> list[dict[str, Any]]:
        """Return the policy statements of the role."""
        name = role_arn.rsplit("/", 1)[-1]
        policies = [each for each in self.of_type("AWS::IAM::Policy") if name in each["Roles"]]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def resolve(self, value: Any) -> Any:
        """Replace Ref, Fn::GetAtt and Fn::Join in a value."""
        return self.view.resolve(value)


def actions(statement: dict[str, Any]) -> list[str]:
    """Return the statement's actions, of which CDK writes a single one without a list."""
    listed = statement["Action"]
    return [listed] if isinstance(listed, str) else listed


def resources(statement: dict[str, Any]) -> list[str]:
    """Return the statement's resources, likewise."""
    listed = statement["Resource"]
    return [listed] if isinstance(listed, str) else listed


def run_app(
    folder: Path, context: dict[str, object], *, program: Sequence[str] = ("app.py",), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run app.py as the CDK CLI does, in an environment that knows no AWS account; or another program as it is run."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env={
            **inherited,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps(context),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def synthesize(folder: Path, *, stage: str, target: str, **context: object) -> Assembly:
    """Run a synth into `folder`, which must work."""
    done = run_app(folder, {"stage": stage, "target": target, **context})
    assert done.returncode == 0, done.stderr
    return Assembly(folder, stage)
