"""Examples: from files of questions to rows of tokens."""
