"""The whole service on one machine."""

DEPLOYED = "/_deskbell/deployed"
"""POST here, at the gateway, once a deployment is done: the local stack then saves everything."""
