# A chat community in the evening: few big rooms and many small ones, most people only
# read, those who write come at their own times, and some are seen to type.
clients = 1000
rooms = 200
rooms-each = 3
zipf = 1.1
lurkers = 0.9
rate = 100
arrivals = poisson
typing = 50
