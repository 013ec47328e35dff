"""The third journey: a workforce and what it needs, against the certificates its people showed."""
