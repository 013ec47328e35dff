"""Class lists and other lists that are handed in: cells, rows, faults, templates, and the corrected file."""
