#include "CLz4.h"

#include <limits.h>
#include <lz4.h>

int64_t ep_lz4_block(const uint8_t *input, size_t size, uint8_t *output, size_t capacity) {
    if (size > INT_MAX || capacity > INT_MAX) return -1;
    int written = LZ4_decompress_safe((const char *)input, (char *)output, (int)size, (int)capacity);
    return written < 0 ? -1 : written;
}
