"""The windows of the commands: state, keys, and what is drawn."""
