"""What the endpoint answers, address by address."""
