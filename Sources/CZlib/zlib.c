#include "CZlib.h"

#include <stdlib.h>
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

struct ep_gunzip {
    z_stream stream;
    // Between two members: the next byte begins another.
    int between;
};

int64_t ep_inflate(const uint8_t *input, size_t size, uint8_t *output, size_t capacity, int wrapped) {
    z_stream stream = {0};
    if (inflateInit2(&stream, wrapped ? 15 : -15) != Z_OK) return -1;
    stream.next_in = (Bytef *)input;
    stream.avail_in = (uInt)size;
    stream.next_out = output;
    stream.avail_out = (uInt)capacity;
    int status = inflate(&stream, Z_FINISH);
    int64_t written = (int64_t)(capacity - stream.avail_out);
    inflateEnd(&stream);
    // Z_BUF_ERROR with all of the output: qemu ends a cluster's stream without its last mark at times.
    int whole = status == Z_STREAM_END || (status == Z_BUF_ERROR && stream.avail_out == 0);
    return whole ? written : -1;
}

ep_gunzip *ep_gunzip_open(void) {
    ep_gunzip *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    // 15 bits of window, and 16: the wrapper is gzip's and nothing else.
    if (inflateInit2(&self->stream, 15 + 16) != Z_OK) {
        free(self);
        return NULL;
    }
    return self;
}

int ep_gunzip_step(ep_gunzip *self, const uint8_t *input, size_t size, size_t *used, uint8_t *output, size_t capacity,
                   size_t *written) {
    *used = *written = 0;
    if (self->between && size > 0) {
        if (inflateReset(&self->stream) != Z_OK) return -1;
        self->between = 0;
    }
    if (self->between) return 1;
    self->stream.next_in = (Bytef *)input;
    self->stream.avail_in = (uInt)size;
    self->stream.next_out = output;
    self->stream.avail_out = (uInt)capacity;
    int status = inflate(&self->stream, Z_NO_FLUSH);
    *used = size - self->stream.avail_in;
    *written = capacity - self->stream.avail_out;
    if (status == Z_STREAM_END) self->between = 1;
    // Z_BUF_ERROR: nothing could be done with what was given, which is no damage.
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return -1;
    return self->between;
}

void ep_gunzip_close(ep_gunzip *self) {
    inflateEnd(&self->stream);
    free(self);
}
