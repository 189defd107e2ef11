"""Neuroevolution: strategies that search for the parameters of a network, and the games that judge them."""
