"""`python -m infra.write_catalog` writes the standard groups' catalog from their code; `--check` only compares."""

from __future__ import annotations

import sys

from infra.catalog import generate_catalog
from infra.errors import InfraError
from infra.settings import GROUPS, ROOT

CATALOG = ROOT / "src" / "tool_contract" / "catalog.json"


def main() -> None:
    """Write the catalog, or end with a sentence and exit code 1 where the one that stands is out of date."""
    try:
        text = generate_catalog(GROUPS, root=ROOT, cache=ROOT / ".local" / "catalog")
    except InfraError as error:
        sys.exit(str(error))
    if "--check" not in sys.argv:
        CATALOG.write_bytes(text)
        sys.stdout.write("src/tool_contract/catalog.json is what the tools' code says.\n")
    elif not CATALOG.is_file() or CATALOG.read_bytes() != text:
        sys.exit("src/tool_contract/catalog.json is not what the tools' code says: run 'make catalog' and commit it.")


if __name__ == "__main__":
    main()
