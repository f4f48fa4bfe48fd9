"""What tests of several folders share."""

import os
import signal

pytest_plugins = ("tests.faults.fixtures",)

# A terminal in which somebody uses the local cloud, or AWS, exports where that is: no test may write there. Only who
# runs the behaviour tests against a stage wants it.
if "TOOL_EXECUTOR_TEST_STAGE" not in os.environ:
    for name in [name for name in os.environ if name.startswith(("AWS_", "TOOL_EXECUTOR_"))]:
        del os.environ[name]

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would each program that they start and
# then interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
