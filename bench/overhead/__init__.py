"""What the runtime adds to a tool, beside what Powertools would."""
