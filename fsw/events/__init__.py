"""How often events are sent: so many in a period, and what was held back is told when the period ends."""
