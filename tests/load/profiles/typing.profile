# More is typed than said.
clients = 300
rooms = 30
lurkers = 0
rate = 30
typing = 300
