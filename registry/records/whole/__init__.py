"""The registry as a whole: made, opened, upgraded, looked through."""
