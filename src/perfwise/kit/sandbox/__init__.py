"""Run native code confined: bubblewrap, or Landlock, each with a filter of system calls; or not at all."""
