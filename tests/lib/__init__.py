"""What the system tests stand on: see tests/README.md."""
