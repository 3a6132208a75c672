#include "CArchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

int ep_disc_write(int fd, const char *label, const ep_disc_file *files, size_t count, char **error) {
    *error = NULL;
    struct archive *disc = archive_write_new();
    if (!disc) return -1;
    int result = archive_write_set_format_iso9660(disc);
    if (result == ARCHIVE_OK) result = archive_write_set_format_option(disc, "iso9660", "volume-id", label);
    if (result == ARCHIVE_OK) result = archive_write_set_bytes_in_last_block(disc, 1);
    if (result == ARCHIVE_OK) result = archive_write_open_fd(disc, fd);
    for (size_t i = 0; i < count && result == ARCHIVE_OK; i++) {
        struct archive_entry *entry = archive_entry_new();
        if (!entry) {
            result = ARCHIVE_FATAL;
            break;
        }
        archive_entry_set_pathname(entry, files[i].name);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0444);
        archive_entry_set_size(entry, (la_int64_t)files[i].size);
        archive_entry_set_mtime(entry, 0, 0);
        result = archive_write_header(disc, entry);
        archive_entry_free(entry);
        if (result == ARCHIVE_OK && archive_write_data(disc, files[i].bytes, files[i].size) != (la_ssize_t)files[i].size)
            result = ARCHIVE_FATAL;
    }
    if (result == ARCHIVE_OK) result = archive_write_close(disc);
    if (result != ARCHIVE_OK && archive_error_string(disc)) *error = strdup(archive_error_string(disc));
    archive_write_free(disc);
    return result == ARCHIVE_OK ? 0 : -1;
}
