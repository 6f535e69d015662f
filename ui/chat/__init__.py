"""The web chat: the page, and what happens on it."""
