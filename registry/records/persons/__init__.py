"""The people certificates are about."""
