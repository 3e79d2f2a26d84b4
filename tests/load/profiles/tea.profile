# The small conversation beside this file, twenty times as fast.
replay = tea.log
speed = 20
