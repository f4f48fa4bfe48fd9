"""What must hold of a deployment and of the code, and the command that looks: `python -m infra.checks`."""
