"""Mandates: what a scheme's owner lets an issuer do, each decision about it, and what holds on a day."""
