"""The commands, one file each; their parts are in the folders."""
