"""The CDK app: `cdk synth -c stage=dev -c target=local`. It runs by itself, too, and writes to `CDK_OUTDIR`."""

from __future__ import annotations

import sys

from infra.errors import InfraError
from infra.node import require_node

try:
    require_node()
    from infra.synth import synthesize

    synthesize()
except InfraError as error:
    sys.exit(str(error))
