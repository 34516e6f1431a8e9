"""What old runs leave behind: disk space, pruning, taking a snapshot back."""
