"""What people touch: the command line, the chat and the server."""
