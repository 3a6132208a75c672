/* A provider in C, to begin your own from: it publishes a disk image as one file in a folder. It shows each part once:
 * reading the request, the ledger before anything is made, reading the image with its holes, progress, cancellation,
 * results and errors.
 *
 * docs/providers-in-c.md says what each call means.  make; make check
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <eulerpublisher/provider.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"

EP_EMBED_MANIFEST(folder_manifest, "provider.json");

struct ep_instance {
    const ep_host *host;
};

static ep_status answer(const ep_sink *sink, const char *text) {
    return sink->write(sink->context, text, strlen(text));
}

/* Writes the error document and returns the status. place may be NULL. */
static ep_status fail(const ep_sink *sink, ep_status status, const char *code, const char *message, const char *place) {
    char *quoted_message = json_quoted(message), *quoted_place = json_quoted(place ? place : ""), *text = NULL;
    if (quoted_message && quoted_place
        && asprintf(&text, "{\"code\":\"%s\",\"message\":%s%s%s}", code, quoted_message, place ? ",\"place\":" : "",
                    place ? quoted_place : "") > 0)
        answer(sink, text);
    free(quoted_message), free(quoted_place), free(text);
    return status;
}

static ep_status fail_errno(const ep_sink *sink, const char *place) {
    ep_status status = errno == ENOSPC || errno == EDQUOT ? EP_QUOTA : EP_INTERNAL;
    return fail(sink, status, status == EP_QUOTA ? "quota" : "internal", strerror(errno), place);
}

/* What becomes part of a path must not lead out of the folder. */
static int is_name(const char *text) {
    return text && *text && *text != '.' && strlen(text) < 100 && !strpbrk(text, "/\\\n");
}

/* FOLDER/NAME-VERSION.raw of a request: free it. */
static char *path_of(json request) {
    json artifact = json_member(request, "artifact");
    char *folder = json_text(json_member(json_member(request, "target"), "address"));
    char *name = json_text(json_member(artifact, "name")), *version = json_text(json_member(artifact, "version"));
    char *path = NULL;
    if (folder && is_name(name) && is_name(version) && asprintf(&path, "%s/%s-%s.raw", folder, name, version) < 0)
        path = NULL;
    free(folder), free(name), free(version);
    return path;
}

/* Whether the file is the artifact, byte for byte: 1, 0, or -1 once cancelled. */
static int is_published(const ep_host *host, const char *path) {
    static char ours[1 << 20], theirs[1 << 20];
    uint64_t size = host->artifact_size(host->context), offset = 0;
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int same = file >= 0 && fstat(file, &status) == 0 && (uint64_t)status.st_size == size;
    while (same == 1 && offset < size) {
        int64_t count = host->artifact_read(host->context, offset, ours, sizeof ours);
        if (count <= 0 || pread(file, theirs, (size_t)count, (off_t)offset) != count
            || memcmp(ours, theirs, (size_t)count))
            same = 0;
        offset += (uint64_t)(count > 0 ? count : 0);
        host->progress(host->context, offset, size, "compare", 7);
        if (host->cancelled(host->context)) same = -1;
    }
    if (file >= 0) close(file);
    return same;
}

/* Copies the data; holes are left out, and so stay holes. */
static ep_status copy(const ep_host *host, int file, uint64_t *sent) {
    static char buffer[1 << 20];
    ep_extent extent = {.header = {sizeof extent, EP_ABI_MAJOR, EP_ABI_MINOR}};
    uint64_t size = host->artifact_size(host->context), offset = 0;
    while (host->artifact_next_extent(host->context, offset, &extent) == EP_OK) {
        uint64_t end = extent.offset + extent.length;
        for (offset = extent.offset; offset < end && !(extent.flags & EP_EXTENT_HOLE);) {
            uint64_t wanted = end - offset < sizeof buffer ? end - offset : sizeof buffer;
            int64_t count = host->artifact_read(host->context, offset, buffer, wanted);
            if (host->cancelled(host->context)) return EP_CANCELLED;
            if (count <= 0 || pwrite(file, buffer, (size_t)count, (off_t)offset) != count) return EP_INTERNAL;
            offset += (uint64_t)count;
            *sent += (uint64_t)count;
            host->progress(host->context, offset, size, "copy", 4);
        }
        offset = end;
    }
    return ftruncate(file, (off_t)size) || fsync(file) ? EP_INTERNAL : EP_OK;
}

static ep_status plan(const ep_host *host, const char *path, const ep_sink *sink) {
    int same = is_published(host, path);
    if (same < 0) return fail(sink, EP_CANCELLED, "interrupted", "cancelled", path);
    if (same == 0 && access(path, F_OK) == 0)
        return fail(sink, EP_CONFLICT, "conflict", "other bytes stand there; publish another version", path);
    return answer(sink, same ? "{\"format\":1,\"nothing_to_do\":true}"
                             : "{\"format\":1,\"nothing_to_do\":false,\"actions\":[\"copy the image\"]}");
}

static ep_status upload(const ep_host *host, const char *path, const ep_sink *sink) {
    char *quoted = json_quoted(path), *document = NULL, *partial = NULL, text[96];
    uint64_t intent = 0, sent = 0;
    /* First the ledger, then the file: whatever happens, cleanup knows of it. */
    if (!quoted || asprintf(&document, "{\"kind\":\"file\",\"find\":{\"path\":%s}}", quoted) < 0
        || asprintf(&partial, "%s.partial", path) < 0)
        return fail(sink, EP_INTERNAL, "internal", "out of memory", NULL);
    ep_status status = host->intend(host->context, document, strlen(document), &intent);
    free(document);
    if (status) return fail(sink, status, "internal", "the intent could not be recorded", path);
    int file = open(partial, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    status = file < 0 ? EP_INTERNAL : copy(host, file, &sent);
    int problem = errno;
    if (file >= 0) close(file);
    if (!status && rename(partial, path)) status = EP_INTERNAL, problem = errno;
    free(partial);
    errno = problem;
    if (status == EP_CANCELLED) return fail(sink, status, "interrupted", "cancelled", path);
    if (status) return fail_errno(sink, path);
    if (asprintf(&document, "{\"id\":%s}", quoted) < 0)
        return fail(sink, EP_INTERNAL, "internal", "out of memory", NULL);
    status = host->created(host->context, intent, document, strlen(document));
    /* Wanted from here on: a provider with a release settles there. */
    if (!status) status = host->settled(host->context, intent);
    free(document), free(quoted);
    if (status) return fail(sink, status, "internal", "the file could not be recorded", path);
    snprintf(text, sizeof text, "{\"format\":1,\"sent_bytes\":%llu}", (unsigned long long)sent);
    return answer(sink, text);
}

static ep_status verify(const ep_host *host, const char *path, const ep_sink *sink) {
    int same = is_published(host, path);
    if (same < 0) return fail(sink, EP_CANCELLED, "interrupted", "cancelled", path);
    if (same == 0) return fail(sink, EP_NOT_FOUND, "not-found", "the file is not the image that was published", path);
    return answer(sink, "{\"format\":1}");
}

/* The entry names the file by find alone: the intent is all that is there if the process died before created. */
static ep_status undo(json request, const ep_sink *sink) {
    char *path = json_text(json_member(json_member(json_member(request, "entry"), "find"), "path")), *partial = NULL;
    if (!path || asprintf(&partial, "%s.partial", path) < 0)
        return fail(sink, EP_INVALID, "usage", "the entry names no path", NULL);
    ep_status status = EP_OK;
    if ((unlink(path) && errno != ENOENT) || (unlink(partial) && errno != ENOENT)) status = fail_errno(sink, path);
    free(path), free(partial);
    return status ? status : answer(sink, "{\"format\":1,\"gone\":true}");
}

static ep_status invoke(ep_instance *instance, const char *operation, const char *document, uint64_t size,
                        const ep_sink *sink) {
    json request = json_document(document, size);
    /* No rules; provider verify calls it to see that the library works. */
    if (!strcmp(operation, EP_OP_REQUIREMENTS)) return answer(sink, "{\"format\":1,\"items\":[]}");
    if (!strcmp(operation, EP_OP_UNDO)) return undo(request, sink);
    char *path = path_of(request);
    if (!path)
        return fail(sink, EP_INVALID, "usage", "the image's name or version cannot be part of a file's name", NULL);
    ep_status status;
    if (!strcmp(operation, EP_OP_PLAN)) status = plan(instance->host, path, sink);
    else if (!strcmp(operation, EP_OP_UPLOAD)) status = upload(instance->host, path, sink);
    else if (!strcmp(operation, EP_OP_VERIFY)) status = verify(instance->host, path, sink);
    else status = fail(sink, EP_UNSUPPORTED, "usage", "no such operation", operation);
    free(path);
    return status;
}

static ep_status open_instance(const ep_host *host, const char *configuration, uint64_t size, ep_instance **instance,
                               const ep_sink *sink) {
    (void)configuration, (void)size;
    /* What an older host lacks reads as NULL behind the size that it names; this provider needs all up to the views. */
    if (host->header.size < sizeof *host) return fail(sink, EP_UNSUPPORTED, "usage", "this host is too old", NULL);
    *instance = malloc(sizeof **instance);
    if (!*instance) return EP_INTERNAL;
    (*instance)->host = host;
    return EP_OK;
}

static void close_instance(ep_instance *instance) { free(instance); }

EP_EXPORT const ep_provider *eulerpublisher_provider_v1(void) {
    static ep_provider provider = {
        .header = {sizeof provider, EP_ABI_MAJOR, EP_ABI_MINOR},
        .id = "folder",
        .version = "1.0.0",
        .manifest = folder_manifest,
        .open = open_instance,
        .close = close_instance,
        .invoke = invoke,
    };
    provider.manifest_size = (uint64_t)(folder_manifest_end - folder_manifest);
    return &provider;
}
