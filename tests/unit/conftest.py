"""Unit tests: no network, no clock but a fake one, the same random cases in every run."""

from __future__ import annotations

import os

from hypothesis import settings

# moto answers in the process; no name of a real account or region may leak in.
os.environ |= {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

settings.register_profile("unit", deadline=None, max_examples=100, derandomize=True, database=None)
settings.register_profile("search", deadline=None, max_examples=2000, database=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unit"))
