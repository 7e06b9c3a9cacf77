"""Deskbell: the help desk behind a hotel PMS."""

VERSION = "0.1.0"
