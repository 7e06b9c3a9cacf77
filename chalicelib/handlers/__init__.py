"""The triggers that are not HTTP routes: event in, one service call."""
