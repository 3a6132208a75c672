// Raw deflate of one block of a longer stream, and the checksum of gzip: the part of zlib that we need.
#ifndef EULERPUBLISHER_CZLIB_H
#define EULERPUBLISHER_CZLIB_H

#include <stddef.h>
#include <stdint.h>

// Room enough for any block of that size.
size_t ep_deflate_bound(size_t size);
// Deflates input, with the dictionary_size bytes before it as history, to output. A block that is not the last ends at a
// byte boundary, so that blocks can be joined. The bytes written, or -1.
int64_t ep_deflate_block(const uint8_t *dictionary, size_t dictionary_size, const uint8_t *input, size_t size, uint8_t *output,
                         size_t capacity, int level, int last);
uint32_t ep_crc32(uint32_t crc, const uint8_t *bytes, size_t size);
// The version of the library that is loaded, which decides the bytes.
const char *ep_zlib_version(void);

#endif
