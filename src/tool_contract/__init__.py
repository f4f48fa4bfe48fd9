"""What callers, the workflow and the tools agree on: requests, envelopes, errors, catalog. Needs pydantic alone."""
