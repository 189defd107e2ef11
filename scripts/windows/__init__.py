"""The windows of the commands: state, keys and drawing."""
