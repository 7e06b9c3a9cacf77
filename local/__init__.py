"""The whole service on one machine."""

import os

DEPLOYED = "/_deskbell/deployed"
"""POST here, at the gateway, once a deployment is done: the local stack then saves everything."""
HOSTED = ".cloudfront.net"
"""What the name of a distribution ends in."""

# A proxy that the shell names is for elsewhere: everything here is on 127.0.0.1.
for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), "127.0.0.1")))
