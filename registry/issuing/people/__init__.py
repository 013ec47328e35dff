"""Whom a row is about: recorded people, those who may be one, and what is under seal."""
