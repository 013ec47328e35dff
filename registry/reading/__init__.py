"""What people hand in as tables: bytes to rows and cells, with one clear fault for each thing that is wrong. Pure."""
