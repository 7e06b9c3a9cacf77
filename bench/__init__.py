"""What the service costs: `make bench` measures it and keeps docs/performance.md's table."""
