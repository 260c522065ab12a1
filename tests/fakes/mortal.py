"""What stands before the commands that tests start, so that a test run that is killed leaves nothing behind."""

MORTAL = ("setpriv", "--pdeathsig", "KILL")
"""prctl(2): killed when the thread that started it ends, whatever ends it. So start it from one that stays."""
