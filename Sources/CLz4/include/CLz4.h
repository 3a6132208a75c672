// One block of LZ4 unpacked: the part of liblz4 that we need.
#ifndef EULERPUBLISHER_CLZ4_H
#define EULERPUBLISHER_CLZ4_H

#include <stddef.h>
#include <stdint.h>

// The bytes written, or -1 when the block is damaged or holds more than there is room for. Both sizes below 2 GiB.
int64_t ep_lz4_block(const uint8_t *input, size_t size, uint8_t *output, size_t capacity);

#endif
