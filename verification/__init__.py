"""Formats that leave the house, and the functions that find and judge: usable alone, offline."""
