"""A class list becomes certificates: asked for, decided, carried out row by row."""
