#include "CLzma.h"

#include <lzma.h>
#include <stdlib.h>

struct ep_unxz {
    lzma_stream stream;
    int ended;
};

ep_unxz *ep_unxz_open(int is_alone, uint64_t memory_limit) {
    ep_unxz *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    lzma_ret status = is_alone ? lzma_alone_decoder(&self->stream, memory_limit)
                               : lzma_stream_decoder(&self->stream, memory_limit, 0);
    if (status != LZMA_OK) {
        free(self);
        return NULL;
    }
    return self;
}

ep_unxz *ep_unxz_open_threads(uint64_t memory_limit, uint32_t threads) {
#if LZMA_VERSION >= 50040002
    ep_unxz *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    uint32_t cores = lzma_cputhreads();
    lzma_mt options = {
        .threads = cores == 0 ? 1 : cores < threads ? cores : threads,
        .memlimit_threading = memory_limit / 4,
        .memlimit_stop = memory_limit,
    };
    if (lzma_stream_decoder_mt(&self->stream, &options) == LZMA_OK) return self;
    free(self);
    return NULL;
#else
    (void)threads;
    return ep_unxz_open(0, memory_limit);
#endif
}

int ep_unxz_step(ep_unxz *self, const uint8_t *input, size_t size, size_t *used, uint8_t *output, size_t capacity,
                 size_t *written) {
    *used = *written = 0;
    if (self->ended) return 1;
    self->stream.next_in = input;
    self->stream.avail_in = size;
    self->stream.next_out = output;
    self->stream.avail_out = capacity;
    lzma_ret status = lzma_code(&self->stream, LZMA_RUN);
    *used = size - self->stream.avail_in;
    *written = capacity - self->stream.avail_out;
    if (status == LZMA_STREAM_END) self->ended = 1;
    if (status == LZMA_MEMLIMIT_ERROR || status == LZMA_MEM_ERROR) return -2;
    // LZMA_BUF_ERROR: nothing could be done with what was given, which is no damage.
    if (status != LZMA_OK && status != LZMA_STREAM_END && status != LZMA_BUF_ERROR) return -1;
    return self->ended;
}

void ep_unxz_close(ep_unxz *self) {
    lzma_end(&self->stream);
    free(self);
}
