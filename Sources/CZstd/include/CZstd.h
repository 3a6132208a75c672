// Zstandard frames unpacked as they come, within a limit of memory: the part of libzstd that we need.
#ifndef EULERPUBLISHER_CZSTD_H
#define EULERPUBLISHER_CZSTD_H

#include <stddef.h>
#include <stdint.h>

typedef struct ep_unzstd ep_unzstd;

// NULL when memory is short. A frame whose window is over 2^window_log bytes (10 to 31) is refused when its header is read.
ep_unzstd *ep_zstd_open(int window_log);
// Takes `used` bytes of the input and gives `written` of output. 0: more is to come; 1: a frame has ended, and what follows would be
// another; -1: it is damaged; -2: it asks for more memory than it may have.
int ep_zstd_step(ep_unzstd *unzstd, const uint8_t *input, size_t size, size_t *used, uint8_t *output, size_t capacity,
                 size_t *written);
// Forgets a frame that was left before its end, so that another can begin.
void ep_zstd_reset(ep_unzstd *unzstd);
void ep_zstd_close(ep_unzstd *unzstd);

#endif
