"""Organisations and the keys they sign with."""
