"""What opens a stranger's workbook, in a process of its own: the standard library and one reader of values, no more."""
