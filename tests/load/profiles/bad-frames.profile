# Beside the clients, every tenth connection sends what nobody should: each malformed
# frame must be answered or closed as the protocol says, and disturb nobody.
clients = 200
rooms = 10
lurkers = 0.8
rate = 100
bad = 0.1
