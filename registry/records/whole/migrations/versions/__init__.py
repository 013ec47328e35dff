"""One file a version of the tables, the oldest first. What was released is never edited."""
