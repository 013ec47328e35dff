"""Certificates said, signed and proved, in this process or in others."""
