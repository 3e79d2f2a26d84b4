# One big room: a handful talks, everybody listens.
clients = 1000
lurkers = 0.99
rate = 50
arrivals = poisson
