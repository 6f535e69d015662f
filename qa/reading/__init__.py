"""Passages to candidates: the readers, and from scores to spans."""
