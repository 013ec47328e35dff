"""Certificates, the batches they came of, and what has happened to them since."""
