"""Where callers of a roster find the test for national numbers, which all that read tables share."""

from registry.reading.national_number import holds_national_number

__all__ = ["holds_national_number"]
