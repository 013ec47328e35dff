"""Everything that leaves with a signature on it, and the keys behind it."""
