"""Signed bytes, opened and checked: a closed list of formats and algorithms."""
