"""The wire format and vocabulary of AppSteer: layer 7 in OpenFlow.

Standard library only and no I/O, but for `securechannel`.
"""
