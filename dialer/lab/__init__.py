"""A telephone network of one's own: a PBX with the product's configuration and a carrier that plays everybody else.

The demo, the live tests and practice calls all run on it, so that what is shown, tested and practised is a real
Asterisk and real SIP. It imports nothing of the dialer, which meets it only over AMI and files.
"""
