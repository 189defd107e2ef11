"""Learned agents: networks and tables that choose actions, and their common parts."""
