"""The transparency log as it is kept: entries, the tree over them, and every head that was signed."""
