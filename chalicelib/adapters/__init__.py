"""The only rooms that talk to AWS."""
