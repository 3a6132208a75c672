#include "CZstd.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

struct ep_unzstd {
    ZSTD_DCtx *context;
};

ep_unzstd *ep_zstd_open(int window_log) {
    ep_unzstd *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->context = ZSTD_createDCtx();
    if (self->context == NULL
        || ZSTD_isError(ZSTD_DCtx_setParameter(self->context, ZSTD_d_windowLogMax, window_log))) {
        ep_zstd_close(self);
        return NULL;
    }
    return self;
}

int ep_zstd_step(ep_unzstd *self, const uint8_t *input, size_t size, size_t *used, uint8_t *output, size_t capacity,
                 size_t *written) {
    ZSTD_inBuffer in = {input, size, 0};
    ZSTD_outBuffer out = {output, capacity, 0};
    size_t status = ZSTD_decompressStream(self->context, &out, &in);
    *used = in.pos;
    *written = out.pos;
    if (ZSTD_isError(status)) {
        ZSTD_ErrorCode code = ZSTD_getErrorCode(status);
        return code == ZSTD_error_frameParameter_windowTooLarge || code == ZSTD_error_memory_allocation ? -2 : -1;
    }
    return status == 0;
}

void ep_zstd_reset(ep_unzstd *self) { ZSTD_DCtx_reset(self->context, ZSTD_reset_session_only); }

void ep_zstd_close(ep_unzstd *self) {
    ZSTD_freeDCtx(self->context);
    free(self);
}
