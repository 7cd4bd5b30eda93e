"""The embedded clouds: real servers on loopback that speak the providers' order APIs."""
