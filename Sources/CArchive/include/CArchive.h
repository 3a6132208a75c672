// A tar, plain or in xz, read member by member, and a small disc that is written: the part of libarchive that we need, without
// its types.
#ifndef EULERPUBLISHER_CARCHIVE_H
#define EULERPUBLISHER_CARCHIVE_H

#include <stddef.h>
#include <stdint.h>

typedef struct ep_archive ep_archive;

enum { EP_ARCHIVE_FILE = 0, EP_ARCHIVE_DIRECTORY = 1, EP_ARCHIVE_SYMLINK = 2, EP_ARCHIVE_HARDLINK = 3, EP_ARCHIVE_OTHER = 4 };

// Strings live until the next call. path or link is NULL when the name cannot be said in bytes.
typedef struct {
    const char *path;
    const char *link;
    int type;
    int64_t size;
} ep_archive_entry;

// Reads a tar, plain or in xz, or with `gzip` set, plain or in gzip; from fd, which the caller keeps and closes. NULL when memory
// is short.
ep_archive *ep_archive_open(int fd, int gzip);
// 1: an entry; 0: the end; -1: an error, see ep_archive_error. Warnings of libarchive count as errors.
int ep_archive_next(ep_archive *archive, ep_archive_entry *entry);
// The bytes read of the entry's content, 0 at its end, -1 on error.
int64_t ep_archive_read(ep_archive *archive, void *buffer, size_t size);
const char *ep_archive_error(ep_archive *archive);
void ep_archive_close(ep_archive *archive);

// A small ISO 9660 disc with Rock Ridge names.
typedef struct {
    const char *name;
    const void *bytes;
    size_t size;
} ep_disc_file;

// Writes a disc with that label and these files in its root to fd, which the caller keeps and closes. 0: done; else -1 and *error,
// which the caller frees, if it is not NULL.
int ep_disc_write(int fd, const char *label, const ep_disc_file *files, size_t count, char **error);

#endif
