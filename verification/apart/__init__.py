"""A stranger's file is opened by a process of its own, bounded in memory and time, that can open and call nothing."""
