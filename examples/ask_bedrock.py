"""Has a model on Amazon Bedrock work with the inventory's tools, within a budget.

    python examples/ask_bedrock.py MODEL_ID "What may run out in WH001 this week?"

The tools are those of the deployment, or of the local cloud whose variables are exported; the model is Bedrock's, and
costs what it costs there. It is offered the tools that change nothing; all that it wants in one turn is one execution.
"""

from __future__ import annotations

import sys

from tool_executor import ToolExecutorError
from tool_executor.agents import BedrockModel, Budget, Orchestrator, Turn

PROMPT = "What may run out in WH001 this week, and what should be ordered today? Answer in three sentences."
SYSTEM = "You look after warehouses. Say only what the tools say, and name the products by their codes."


def tell(turn: Turn) -> None:
    """Print what a turn asked for, and what came of it."""
    for call, result in zip(turn.calls, turn.results, strict=False):
        print(f"turn {turn.number}: {call.name} {call.arguments} -> {result.status.value}")


def main() -> int:
    """Ask, print the answer, and return the exit code."""
    if len(sys.argv) < 2:  # noqa: PLR2004 - the program and the model
        print(__doc__)
        return 2
    model = BedrockModel(sys.argv[1], system=SYSTEM)
    prompt = sys.argv[2] if len(sys.argv) > 2 else PROMPT  # noqa: PLR2004 - as above
    with Orchestrator(model=model) as orchestrator:
        result = orchestrator.run_sync(
            prompt,
            tools={"groups": ["inventory-optimizer"], "read_only": True},
            budget=Budget(turns=6, tool_calls=20, tokens=100_000),
            on_turn=tell,
        )
    print(result.text)
    print(result.summary)
    return 0 if result.success else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ToolExecutorError as error:
        sys.exit(f"{error.code}: {error.sentence} {error.hint or ''}".rstrip())
