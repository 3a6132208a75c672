#include "CArchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

struct ep_archive {
    struct archive *reader;
};

ep_archive *ep_archive_open(int fd, int gzip) {
    ep_archive *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->reader = archive_read_new();
    if (self->reader == NULL) {
        free(self);
        return NULL;
    }
    // Only what a release or a layer may be: no other format's parser sees the bytes. A failure shows at the first entry.
    if (gzip) archive_read_support_filter_gzip(self->reader);
    else archive_read_support_filter_xz(self->reader);
    archive_read_support_format_tar(self->reader);
    archive_read_open_fd(self->reader, fd, 1 << 18);
    return self;
}

int ep_archive_next(ep_archive *self, ep_archive_entry *entry) {
    struct archive_entry *found;
    int status = archive_read_next_header(self->reader, &found);
    if (status == ARCHIVE_EOF) return 0;
    if (status != ARCHIVE_OK) return -1;
    entry->path = archive_entry_pathname(found);
    entry->link = NULL;
    entry->size = archive_entry_size(found);
    if (archive_entry_hardlink(found) != NULL) {
        entry->type = EP_ARCHIVE_HARDLINK;
        entry->link = archive_entry_hardlink(found);
        return 1;
    }
    switch (archive_entry_filetype(found)) {
    case AE_IFREG: entry->type = EP_ARCHIVE_FILE; break;
    case AE_IFDIR: entry->type = EP_ARCHIVE_DIRECTORY; break;
    case AE_IFLNK:
        entry->type = EP_ARCHIVE_SYMLINK;
        entry->link = archive_entry_symlink(found);
        break;
    default: entry->type = EP_ARCHIVE_OTHER; break;
    }
    return 1;
}

int64_t ep_archive_read(ep_archive *self, void *buffer, size_t size) {
    la_ssize_t count = archive_read_data(self->reader, buffer, size);
    return count < 0 ? -1 : count;
}

const char *ep_archive_error(ep_archive *self) {
    const char *text = archive_error_string(self->reader);
    return text == NULL ? "unknown error" : text;
}

void ep_archive_close(ep_archive *self) {
    archive_read_free(self->reader);
    free(self);
}
