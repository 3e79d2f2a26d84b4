# A network breaks: half of the connections are cut at once and all come back, twice.
# Nothing may be lost or doubled.
clients = 500
rooms = 10
lurkers = 0.8
rate = 200
storm = 0.5
storm-at = 1
storm-every = 2
duration = 5
