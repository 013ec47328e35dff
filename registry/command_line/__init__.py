"""The registry in a shell: one file a noun."""
