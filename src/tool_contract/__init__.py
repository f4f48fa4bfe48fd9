"""The contract between callers, the workflow and the tools: requests, envelopes, errors, catalog. Needs pydantic alone."""
