#define _GNU_SOURCE
#include "Memory.h"

#include <sys/mman.h>

int fuzz_memory_file(void) { return memfd_create("image", MFD_CLOEXEC); }
