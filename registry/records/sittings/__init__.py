"""Courses and exams as they were held."""
