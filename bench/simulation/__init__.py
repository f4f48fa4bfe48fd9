"""Drives the real planner, runtime and finisher against modelled services, on a virtual clock: `make simulate`."""
