"""What is stored, a room for each kind: one noun a file, its tables and its queries."""
