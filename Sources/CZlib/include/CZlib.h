// Raw deflate of one block of a longer stream, the checksum of gzip, and gzip unpacked: the part of zlib that we need.
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
// Unpacks one deflate stream, raw or in zlib's wrapper, to at most capacity bytes; what follows it is left alone. The bytes
// written, or -1 where it is damaged. Both sizes below 4 GiB.
int64_t ep_inflate(const uint8_t *input, size_t size, uint8_t *output, size_t capacity, int wrapped);
uint32_t ep_crc32(uint32_t crc, const uint8_t *bytes, size_t size);
// The version of the library that is loaded, which decides the bytes.
const char *ep_zlib_version(void);

typedef struct ep_gunzip ep_gunzip;

// Unpacks gzip as it comes, all its members one after the other. NULL when memory is short.
ep_gunzip *ep_gunzip_open(void);
// Takes `used` bytes of the input and gives `written` of output. 0: more is to come; 1: a member has ended, and the file may; -1:
// it is damaged. Both sizes below 4 GiB.
int ep_gunzip_step(ep_gunzip *gunzip, const uint8_t *input, size_t size, size_t *used, uint8_t *output, size_t capacity,
                   size_t *written);
void ep_gunzip_close(ep_gunzip *gunzip);

#endif
