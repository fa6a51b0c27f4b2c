"""The gates: what holds of a step's tables before the next step may run."""

STEPS = ("raw", "staging", "marts", "identity", "segments", "published")
