"""The environment and command line of a worker: Lambda's, not the developer's."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tool_executor.local.workers.function_config import FunctionConfig

RuntimeChoice = Literal["auto", "awslambdaric", "pure"]

_HERE = Path(__file__).parent
RUNTIME_SETTING = "TOOL_EXECUTOR_LOCAL_RUNTIME"
"""Environment variable that forces a runtime: `awslambdaric` or `pure`."""


def chosen_runtime(choice: RuntimeChoice = "auto") -> str:
    """`awslambdaric` where AWS's runtime client is installed (it has wheels for Linux only), else the pure loop."""
    wanted = os.environ.get(RUNTIME_SETTING, "auto") if choice == "auto" else choice
    if wanted == "auto":
        wanted = "awslambdaric" if find_spec("awslambdaric") and find_spec("runtime_client") else "pure"
    return "awslambdaric" if wanted == "awslambdaric" else str(_HERE / "pure_runtime.py")


def worker_command(task_root: Path, handler: str, runtime: str) -> list[str]:
    """`-S` keeps `.pth` files out (an editable install of this project is one), `-P` the launcher's own folder.

    `-u` writes to the log at once, as AWS's client does.
    """
    site_directories = [entry for entry in sys.path if Path(entry).name in {"site-packages", "dist-packages"}]
    return [
        sys.executable,
        "-P",
        "-S",
        "-u",
        str(_HERE / "launcher.py"),
        str(task_root),
        handler,
        runtime,
        *site_directories,
    ]


def worker_environment(
    config: FunctionConfig, *, task_root: Path, temp: Path, runtime_api: str, endpoint_url: str, log_stream: str
) -> dict[str, str]:
    """The variables that Lambda documents as set, and the function's own."""
    python_folder = str(Path(sys.executable).parent)
    reserved = {
        "_HANDLER": config.handler,
        "_X_AMZN_TRACE_ID": "",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": config.name,
        "AWS_LAMBDA_FUNCTION_VERSION": config.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{config.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": config.region,
        "AWS_DEFAULT_REGION": config.region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "LAMBDA_TASK_ROOT": str(task_root),
        "LAMBDA_RUNTIME_DIR": str(_HERE),
        "PATH": f"{python_folder}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        # Lambda's /tmp is the sandbox's own; HOME is no place where a developer's ~/.aws could be found.
        "TMPDIR": str(temp),
        "HOME": str(temp),
    }
    return {"PYTHONUTF8": "1", **config.environment, **reserved}
