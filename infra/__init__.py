"""What is deployed: `stack.py` composes it."""
