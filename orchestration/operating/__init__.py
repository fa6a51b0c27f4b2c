"""What people run beside the job itself: its summary, what stopped it, how things stand, what to mend, what to prune."""
