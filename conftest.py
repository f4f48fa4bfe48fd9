"""What tests of several folders share."""

import os

pytest_plugins = ("tests.faults.fixtures",)

# A terminal in which somebody uses the local cloud, or AWS, exports where that is: no test may write there. Only who
# runs the behaviour tests against a stage wants it.
if "TOOL_EXECUTOR_TEST_STAGE" not in os.environ:
    for name in [name for name in os.environ if name.startswith(("AWS_", "TOOL_EXECUTOR_"))]:
        del os.environ[name]
