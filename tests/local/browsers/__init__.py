"""The browser host with real browsers."""
