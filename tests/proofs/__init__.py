"""Proofs of the promises, at the sizes of docs/trust.md: `python -m tests.proofs --help`."""
