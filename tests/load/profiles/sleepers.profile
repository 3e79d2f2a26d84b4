# One in ten stops reading for two seconds, again and again.
clients = 300
lurkers = 0.9
rate = 200
slow = 0.1
slow-pause = 2
