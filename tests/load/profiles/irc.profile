# Hours of #ubuntu in minutes: who really came, said and went.
needs = replay: the IRC corpus of irc-disentanglement (github.com/jkkummerfeld/irc-disentanglement, CC-BY-4.0): --replay DIRECTORY with its *.raw.txt, or one of them
speed = 60
