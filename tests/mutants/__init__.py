"""Mutation testing of the rooms where a mistake costs most: `python -m tests.mutants --help`."""
