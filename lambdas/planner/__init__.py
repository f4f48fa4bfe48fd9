"""The state Plan."""
