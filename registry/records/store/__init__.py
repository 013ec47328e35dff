"""The database itself: how it is reached, read and written, and what in it is never changed."""
