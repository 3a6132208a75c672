// xz and its older form lzma unpacked as they come, within a limit of memory: the part of liblzma that we need.
#ifndef EULERPUBLISHER_CLZMA_H
#define EULERPUBLISHER_CLZMA_H

#include <stddef.h>
#include <stdint.h>

typedef struct ep_unxz ep_unxz;

// Unpacks one stream: of xz, or of the .lzma files before it. NULL when memory is short. A stream that asks for more memory than the
// limit (in bytes, mostly its dictionary) is refused when its header is read.
ep_unxz *ep_unxz_open(int is_alone, uint64_t memory_limit);
// Of xz, by as many threads as there are processors, `threads` at most: what was packed by several is unpacked by several, while
// that takes no more than a quarter of the limit. Older libraries have one thread.
ep_unxz *ep_unxz_open_threads(uint64_t memory_limit, uint32_t threads);
// Takes `used` bytes of the input and gives `written` of output. 0: more is to come; 1: the stream has ended; -1: it is damaged; -2: it
// asks for more memory than it may have.
int ep_unxz_step(ep_unxz *unxz, const uint8_t *input, size_t size, size_t *used, uint8_t *output, size_t capacity,
                 size_t *written);
void ep_unxz_close(ep_unxz *unxz);

#endif
