"""What people see of a station: lines, tables and plots."""
