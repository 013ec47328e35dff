"""What is stored: one noun a file, its tables and its queries."""
