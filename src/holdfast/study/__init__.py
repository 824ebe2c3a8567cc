"""The journey from a file to a model, in order."""
