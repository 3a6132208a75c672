#include "CZlib.h"

#include <zlib.h>

size_t ep_deflate_bound(size_t size) {
    // deflateBound's conservative form, and the five bytes of a sync flush.
    return size + (size >> 3) + (size >> 6) + 64;
}

int64_t ep_deflate_block(const uint8_t *dictionary, size_t dictionary_size, const uint8_t *input, size_t size, uint8_t *output,
                         size_t capacity, int level, int last) {
    z_stream stream = {0};
    if (deflateInit2(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) return -1;
    int64_t written = -1;
    if (dictionary_size == 0 || deflateSetDictionary(&stream, dictionary, (uInt)dictionary_size) == Z_OK) {
        stream.next_in = (Bytef *)input;
        stream.avail_in = (uInt)size;
        stream.next_out = output;
        stream.avail_out = (uInt)capacity;
        int status = deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
        if (status == (last ? Z_STREAM_END : Z_OK) && stream.avail_in == 0 && stream.avail_out > 0) {
            written = (int64_t)(capacity - stream.avail_out);
        }
    }
    deflateEnd(&stream);
    return written;
}

uint32_t ep_crc32(uint32_t crc, const uint8_t *bytes, size_t size) { return (uint32_t)crc32_z(crc, bytes, size); }

const char *ep_zlib_version(void) { return zlibVersion(); }
