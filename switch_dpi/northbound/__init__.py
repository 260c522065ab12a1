"""The agent's API: gRPC on a unix socket or a loopback address. `make proto` regenerates the `_pb2` modules."""
