"""What happens to a certificate later, and what its holder is told."""
