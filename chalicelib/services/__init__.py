"""Use cases, one verb a function. They raise; nobody here knows HTTP."""
