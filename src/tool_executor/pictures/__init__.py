"""What all pictures share: their style, their files, and what to say where matplotlib is missing. Needs ``plot``."""
