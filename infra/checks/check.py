"""The checks by name: what each looks for, in what, and what to do about a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from infra.checks.known_secrets import new_secrets
from infra.checks.programs import bandit, cfn_lint, checkov, semgrep
from infra.checks.rules import problems
from infra.checks.template import Template
from infra.settings import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCheck:
    """Looks at files: all of the project's, or those that are named."""

    name: str
    looks_for: str
    hint: str
    run: Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCheck:
    """Looks at the synthesized template of a stage."""

    name: str
    looks_for: str
    hint: str
    run: Callable[[Path, str], str]


def _house_rules(template: Path, stage: str) -> str:
    (settings,) = (each for each in STAGES if each.name == stage)
    return "\n".join(map(str, problems(Template.read(template), settings)))


#: The synth itself, which the checks of templates wait for. It is one of the checks: cdk-nag's rules are part of it.
NAG: Final = "nag"
NAG_LOOKS_FOR: Final = "the stack, by cdk-nag's packs AwsSolutions and Serverless, as part of the synth"

CODE: Final = (
    CodeCheck(
        name="bandit",
        looks_for="Python that is dangerous, of medium severity and up",
        hint="Mend it, or say `# nosec B123 - why` on the line.",
        run=bandit,
    ),
    CodeCheck(
        name="semgrep",
        looks_for="the house's own rules for code, in .semgrep/",
        hint="Mend it, or say `# nosemgrep: rule - why` on the line.",
        run=semgrep,
    ),
    CodeCheck(
        name="secrets",
        looks_for="keys and passwords in files, by detect-secrets",
        hint="Take it out, and revoke it where it was valid. If it is none: make secrets-baseline, and see the diff.",
        run=new_secrets,
    ),
)
TEMPLATE: Final = (
    TemplateCheck(
        name="rules",
        looks_for="the house's own rules for the template, in infra/checks/",
        hint="Each line says what to do.",
        run=_house_rules,
    ),
    TemplateCheck(
        name="cfn-lint",
        looks_for="what CloudFormation would refuse",
        hint="The rule's number stands in cfn-lint's documentation.",
        run=lambda template, _: cfn_lint(template),
    ),
    TemplateCheck(
        name="checkov",
        looks_for="policies of CloudFormation resources",
        hint="Mend it, or accept the policy with a reason in .checkov.yaml.",
        run=lambda template, _: checkov(template),
    ),
)
NAMES: Final = (NAG, *(each.name for each in TEMPLATE), *(each.name for each in CODE))
