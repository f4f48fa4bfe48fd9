"""Node.js, which the CDK runs in, whatever the language of the app."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from infra.errors import NodeMissingError


def require_node() -> None:
    """Put the virtual environment's node first on the PATH. To be called before `aws_cdk` is imported: it starts node.

    Raises:
        NodeMissingError: there is none there, nor elsewhere on the PATH.
    """
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    if shutil.which("node") is None:
        raise NodeMissingError(
            "The CDK needs Node.js and found none: install the project with its extra `infra`, which brings one."
        )
