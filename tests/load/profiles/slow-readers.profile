# One in ten reads at a modem's pace, far less than what it is sent.
# The others must not notice, and who falls too far behind resumes.
clients = 300
lurkers = 0.9
rate = 200
slow = 0.1
slow-rate = 4000
