"""Runs the browser group's handler, and then the finisher's, in a process of their own.

Events come as a JSON list on standard input; the answers go into the file that the command line names. The tools' logs
are on standard output, as on Lambda.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lambdas.browser.handler import lambda_handler as run_tool
from lambdas.finisher.handler import lambda_handler as run_finisher
from tests.unit.runtime.test_direct_call import LAMBDA_CONTEXT

events = json.load(sys.stdin)
answers = [(run_tool if "tool_name" in event else run_finisher)(event, LAMBDA_CONTEXT) for event in events]
Path(sys.argv[1]).write_text(json.dumps(answers), encoding="utf-8")
