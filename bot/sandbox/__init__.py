"""The loopback Discord: a server on 127.0.0.1 for the unmodified client."""
