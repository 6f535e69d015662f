"""What was meant: what is typed, made into a question that stands alone."""
