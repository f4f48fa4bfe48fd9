"""``tool-executor ask``: a model on Bedrock works on a prompt with the deployment's tools."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tool_executor.agents import BedrockModel, Budget, Orchestrator
from tool_executor.aws import LOCAL_KEY
from tool_executor.cli import options
from tool_executor.cli.completion import tool_names
from tool_executor.cli.console import ExitCode, err, plain, print_json, styled_status, visible
from tool_executor.cli.where import NewCloud, chosen
from tool_executor.errors import CredentialsMissingError, RegionMissingError
from tool_executor.executor import ToolExecutor

if TYPE_CHECKING:
    from tool_executor.agents import PromptResult, Turn
    from tool_executor.cli.where import Where
    from tool_executor.model_apis.toolset import ToolsetOptions


def ask(
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What to do; - reads it from standard input.")],
    *,
    model: Annotated[str, typer.Option("--model", help="A model or inference profile of Bedrock: its id or ARN.")],
    tool: Annotated[
        list[str] | None, typer.Option("--tool", help="Offer this tool.", autocompletion=tool_names)
    ] = None,
    group: Annotated[list[str] | None, typer.Option("--group", help="Offer this group's tools.")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer only tools that change nothing.")] = False,
    sequence: Annotated[
        bool, typer.Option("--sequence", help="Run a turn's calls one after another; they share a browser.")
    ] = False,
    secret: Annotated[
        list[str] | None, typer.Option("--secret", metavar="NAME", help="Let the model use this secret of the stage.")
    ] = None,
    system: Annotated[str | None, typer.Option("--system", help="The system prompt.")] = None,
    turns: Annotated[int, typer.Option("--max-turns", min=1, help="Answers of the model at most.")] = 10,
    tool_calls: Annotated[int, typer.Option("--max-tool-calls", min=0, help="Calls of tools at most.")] = 50,
    tokens: Annotated[
        int, typer.Option("--token-budget", min=1, help="Go on while fewer tokens than these are used.")
    ] = 200_000,
    model_region: Annotated[
        str | None,
        typer.Option(
            "--model-region",
            help="The model's region; else AWS_REGION, AWS_DEFAULT_REGION or the profile's. --region is the tools'.",
        ),
    ] = None,
    local: options.LocalOrNew = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """Have a model on Amazon Bedrock work on a prompt with the tools.

    All tool calls of one answer are run as one execution. The model is Bedrock's, and costs what it costs there, also
    where the tools are a local cloud's.

    Examples:

      tool-executor ask "What may run out in WH001 this week?" --model amazon.nova-pro-v1:0 --group inventory-optimizer

      tool-executor ask - --model ID --read-only --max-tool-calls 10 --json < prompt.txt

    Exit code: 0 if the model ended its answer, 1 if a limit, or an error after its first answer, stopped it, 2 if the
    set-up was wrong or the model gave no answer at all.
    """
    text = sys.stdin.read() if prompt == "-" else prompt
    offered: ToolsetOptions = {
        "names": tool,
        "groups": group,
        "read_only": read_only,
        "mode": "sequence" if sequence else "parallel",
        "secrets": {name: name for name in secret or ()},
    }
    budget = Budget(turns=turns, tool_calls=tool_calls, tokens=tokens)
    with chosen(local=local, stage=stage, region=region, new=NewCloud()) as where:
        asked = BedrockModel(model, region=model_region, system=system)
        result = _run(where, stage, text, asked, offered, budget)
        print_json(result.to_json()) if as_json else _print(result, where)
    raise typer.Exit(ExitCode.ALL_SUCCEEDED if result.success else ExitCode.SOME_DID_NOT)


def _run(
    where: Where, stage: str, prompt: str, model: BedrockModel, tools: ToolsetOptions, budget: Budget
) -> PromptResult:
    with (
        ToolExecutor(stage=stage, aws=where.aws, deployment=where.deployment) as executor,
        Orchestrator(tool_executor=executor, agents={}) as orchestrator,
        err.status("The model reads") as status,
    ):

        def tell(turn: Turn) -> None:
            for call, result in zip(turn.calls, turn.results, strict=False):
                err.print(f"  {plain(call.name)}  {styled_status(result.status.value)}", highlight=False)
            status.update(f"Turn {turn.number + 1}, {turn.usage.tool_calls} tool calls, {turn.usage.tokens:,} tokens")

        try:
            return orchestrator.run_sync(prompt, model=model, tools=tools, budget=budget, on_turn=tell)
        except RegionMissingError as error:
            raise error.with_hint("Or give --model-region.") from error.__cause__
        except CredentialsMissingError as error:
            if os.environ.get("AWS_ACCESS_KEY_ID") != LOCAL_KEY:
                raise
            raise error.with_hint("For this command unset that, too, and use --local.") from error.__cause__


def _print(result: PromptResult, where: Where) -> None:
    typer.echo(visible(result.text))
    err.print(f"[dim]{plain(result.summary)}[/]", soft_wrap=True)
    if result.results and not where.ends_with_command:
        show = f"tool-executor history --correlation-id {result.correlation_id}{where.options}"
        err.print(f"The calls: {plain(show)}", soft_wrap=True, highlight=False, style="dim")
