"""A class list becomes certificates, and what may happen to them afterwards."""
