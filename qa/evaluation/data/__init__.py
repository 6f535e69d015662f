"""Question sets from disk, and what is wrong with them."""
