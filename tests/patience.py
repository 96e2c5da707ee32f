"""How long tests wait for what real processes owe them: for a condition, which ends the wait, and never for a time.

A machine that is busy with something else is many times slower than an idle one; only a fault takes this long.
"""

PATIENCE_S = 240
