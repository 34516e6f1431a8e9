"""What the org sent, as it came, in a chain of hashes."""
