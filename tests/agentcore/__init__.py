"""A stand-in for Amazon Bedrock AgentCore Browser: its REST and its WebSocket, before a Chromium of this machine.

It takes no request whose signature is not right: of the known key, for this service and region, a few minutes old.
"""
