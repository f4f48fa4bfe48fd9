"""The rules for a template that no tool knows: each is a function from a template to its problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.checks import access_rules, function_rules, machine_rules, role_rules, storage_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.checks.problem import Problem
    from infra.checks.template import Template
    from infra.settings import StageSettings

    Rule = Callable[[Template], Iterator[Problem]]

EVERYWHERE: Final[tuple[Rule, ...]] = (
    role_rules.wildcard_actions,
    role_rules.wildcard_resources,
    role_rules.forbidden_actions,
    role_rules.managed_policies,
    role_rules.shared_roles,
    role_rules.functions_start_nothing,
    role_rules.machine_rights,
    access_rules.tls_only,
    access_rules.open_principals,
    access_rules.no_public_endpoints,
    storage_rules.encrypted,
    storage_rules.restorable,
    storage_rules.passing_away,
    function_rules.logs_with_an_end,
    function_rules.outlives_its_tools,
    machine_rules.tasks_have_timeouts,
    machine_rules.retries_are_capped,
    machine_rules.iterations_catch_all,
    machine_rules.soft_limits_strike_first,
    machine_rules.ends_before_the_machine,
    machine_rules.logs_no_data,
    machine_rules.express_is_seen,
)
#: In a stage that keeps its data, which is one that others depend on.
WHERE_DATA_IS_KEPT: Final[tuple[Rule, ...]] = (storage_rules.kept, function_rules.concurrency_in_prod)
ELSEWHERE: Final[tuple[Rule, ...]] = (function_rules.no_concurrency_in_dev,)


def problems(template: Template, stage: StageSettings) -> list[Problem]:
    """Return all that a stage's template breaks, rule by rule."""
    rules = (*EVERYWHERE, *(WHERE_DATA_IS_KEPT if stage.keep_data else ELSEWHERE))
    return [problem for rule in rules for problem in rule(template)]
