"""Seconds that the end of a study takes, whatever it found; other steps name their share of the time where they are."""

# Kept back for writing the model, the report and the result.
WRITING = 4.0

# For compiling and proving what few rows were fitted to.
COMPILING = 2.0

# A new worker needs them before it can fit anything.
RESTART = 3.0
