// A file that lies in memory and has no name.
#ifndef FUZZ_MEMORY_H
#define FUZZ_MEMORY_H

/// A descriptor; below zero where the kernel has none.
int fuzz_memory_file(void);

#endif
