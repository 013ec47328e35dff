"""What is served, one noun a file."""
