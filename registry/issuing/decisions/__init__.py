"""What a row comes out at: evidence, level, validity, and whose decision it takes."""
