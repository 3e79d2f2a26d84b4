# A goal is scored: nothing for most of the time, then all at once.
clients = 500
rooms = 5
lurkers = 0.5
rate = 100
arrivals = poisson
burst = 10
burst-every = 2
burst-for = 0.2
burst-rest = 0
