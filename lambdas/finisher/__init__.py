"""The state Finish, and the reconciler."""
