/* driver: the smallest host, for a provider under a sanitizer, which a sandboxed worker would not let report. Loads a library into
 * this process and does a publication's operations one after the other, with checkpoints and a ledger in memory.
 *
 *     driver LIBRARY DISK CONFIGURATION PUBLICATION [OPERATION...]
 *
 *     driver --fuzz LIBRARY COUNT
 *
 * Without operations: a publication's, from plan to release. The wait that a provider asks for is shortened a thousandfold.
 * Prints each result, and at the end how many of each record there were. The variable DRIVER_ENTRY is the entry of ep.undo/1.
 *
 * With --fuzz: hands it COUNT configurations and requests that were cut short or changed at random places, each in memory of
 * exactly its size, from a seed that never changes. Whatever it answers is right, as long as nothing is reported.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <eulerpublisher/provider.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct record {
    char *key, *data;
    uint64_t key_size, size;
} *records;
static size_t record_count;
static uint64_t intents, creations, settlements;
static int disk;
static char result[EP_LIMIT_DOCUMENT + 1];
static uint64_t result_size;

static void write_log(ep_host_context *context, int32_t level, const char *message, uint64_t size) {
    (void)context;
    fprintf(stderr, "%d %.*s\n", level, (int)size, message);
}

static void progress(ep_host_context *context, uint64_t done, uint64_t total, const char *step, uint64_t size) {
    (void)context, (void)done, (void)total, (void)step, (void)size;
}

static int32_t cancelled(ep_host_context *context) {
    (void)context;
    return 0;
}

static ep_status checkpoint(ep_host_context *context, const char *key, uint64_t key_size, const void *data, uint64_t size,
                            uint32_t flags) {
    (void)context, (void)flags;
    pthread_mutex_lock(&lock);
    size_t at = 0;
    while (at < record_count && (records[at].key_size != key_size || memcmp(records[at].key, key, key_size))) at++;
    if (at == record_count) {
        records = realloc(records, ++record_count * sizeof *records);
        records[at] = (struct record){memcpy(malloc(key_size), key, key_size), NULL, key_size, 0};
    }
    free(records[at].data);
    records[at].data = memcpy(malloc(size + 1), data, size);
    records[at].size = size;
    pthread_mutex_unlock(&lock);
    return EP_OK;
}

static ep_status replay(ep_host_context *context, ep_sink_context *visitor,
                        ep_status (*visit)(ep_sink_context *, const char *, uint64_t, const void *, uint64_t)) {
    (void)context;
    for (size_t i = 0; i < record_count; i++) {
        ep_status status = visit(visitor, records[i].key, records[i].key_size, records[i].data, records[i].size);
        if (status) return status;
    }
    return EP_OK;
}

static ep_status intend(ep_host_context *context, const char *document, uint64_t size, uint64_t *intent) {
    (void)context, (void)document, (void)size;
    *intent = ++intents;
    return EP_OK;
}

static ep_status created(ep_host_context *context, uint64_t intent, const char *document, uint64_t size) {
    (void)context, (void)intent, (void)document, (void)size;
    creations++;
    return EP_OK;
}

static ep_status settled(ep_host_context *context, uint64_t intent) {
    (void)context, (void)intent;
    settlements++;
    return EP_OK;
}

static uint64_t artifact_size(ep_host_context *context) {
    struct stat status;
    (void)context;
    return fstat(disk, &status) < 0 ? 0 : (uint64_t)status.st_size;
}

static int64_t artifact_read(ep_host_context *context, uint64_t offset, void *buffer, uint64_t size) {
    (void)context;
    return pread(disk, buffer, size, (off_t)offset);
}

static ep_status next_extent(ep_host_context *context, uint64_t offset, ep_extent *extent) {
    off_t end = (off_t)artifact_size(context), data = lseek(disk, (off_t)offset, SEEK_DATA);
    if ((off_t)offset >= end) return EP_NOT_FOUND;
    extent->offset = offset;
    extent->flags = data != (off_t)offset ? EP_EXTENT_HOLE : 0;
    if (data < 0) data = end;
    extent->length = (uint64_t)(extent->flags ? data : lseek(disk, (off_t)offset, SEEK_HOLE)) - offset;
    return EP_OK;
}

static ep_status collect(ep_sink_context *context, const void *data, uint64_t size) {
    (void)context;
    if (result_size + size > EP_LIMIT_DOCUMENT) return EP_INVALID;
    memcpy(result + result_size, data, size);
    result[result_size += size] = 0;
    return EP_OK;
}

/* A changed document in memory of its own size, for a sanitizer to see each byte read beyond it. */
static char *spoil(const char *document, size_t *size) {
    static const char spice[] = "{}[]\",:\\\0 \x01\xff 0-e.tnu";
    char *copy = memcpy(malloc(strlen(document) + 1), document, *size = strlen(document));
    for (int changes = rand() % 4; changes > 0; changes--) copy[rand() % *size] = spice[rand() % (sizeof spice - 1)];
    if (rand() % 2) *size = (size_t)rand() % (*size + 1);
    char *spoiled = memcpy(malloc(*size), copy, *size);
    free(copy);
    return spoiled;
}

static int fuzz(const ep_provider *provider, const ep_host *host, const ep_sink *sink, int count) {
    /* Nothing listens on port 1: what would become a request ends at once. */
    const char *configuration = "{\"endpoint\":\"http://127.0.0.1:1\",\"regions\":[\"north\",\"east\"],\"alias\":\"latest\"}";
    const char *request = "{\"format\":1,\"publication\":\"0123456789abcdef\",\"entry\":{\"kind\":\"image\",\"region\":\"east\","
                          "\"find\":{\"publication\":\"0123\",\"x\":[1,-2.5e3,true,null,{\"a\\\"b\":[[]]}]},\"id\":\"img-1\"}}";
    for (int i = 0; i < count; i++) {
        size_t size;
        ep_instance *instance = NULL;
        char *document = spoil(configuration, &size);
        if (i % 2) { /* every other time what open accepts */
            free(document);
            document = memcpy(malloc(strlen(configuration)), configuration, size = strlen(configuration));
        }
        result_size = 0;
        ep_status status = provider->open(host, document, size, &instance, sink);
        free(document);
        if (status) continue;
        document = spoil(request, &size);
        result_size = 0;
        status = provider->invoke(instance, i % 3 ? "ep.undo/1" : "ep.status/1", document, size, sink);
        free(document);
        provider->close(instance);
        if (status == EP_OK && result_size == 0) return fprintf(stderr, "document %d: done without a result\n", i), 1;
    }
    printf("%d documents\n", count);
    return 0;
}

int main(int argc, char **argv) {
    char *standard[] = {"ep.plan/1", "ep.upload/1", "ep.register/1", "ep.verify/1", "ep.distribute/1", "ep.release/1", "ep.plan/1"};
    char **operations = argc > 5 ? argv + 5 : standard, request[2048];
    int count = argc > 5 ? argc - 5 : 7;
    int fuzzes = argc == 4 && !strcmp(argv[1], "--fuzz");
    if (argc < 5 && !fuzzes)
        return fprintf(stderr, "usage: driver LIBRARY DISK CONFIGURATION PUBLICATION [OPERATION...]\n"), 2;
    ep_host host = {.header = {sizeof host, EP_ABI_MAJOR, EP_ABI_MINOR},
                    .log = write_log,
                    .progress = progress,
                    .cancelled = cancelled,
                    .checkpoint = checkpoint,
                    .checkpoint_replay = replay,
                    .intend = intend,
                    .created = created,
                    .settled = settled,
                    .artifact_size = artifact_size,
                    .artifact_read = artifact_read,
                    .artifact_next_extent = next_extent};
    ep_sink sink = {{sizeof sink, EP_ABI_MAJOR, EP_ABI_MINOR}, NULL, collect};
    const ep_provider *(*entry)(void);
    void *library = dlopen(argv[fuzzes ? 2 : 1], RTLD_NOW | RTLD_LOCAL);
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
    *(void **)&entry = dlsym(library, "eulerpublisher_provider_v1");
    const ep_provider *provider = entry();
    if (fuzzes) return fuzz(provider, &host, &sink, atoi(argv[3]));
    disk = open(argv[2], O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < count; i++) {
        ep_instance *instance = NULL;
        ep_status status = provider->open(&host, argv[3], strlen(argv[3]), &instance, &sink);
        if (status) return fprintf(stderr, "open: %d %s\n", status, result), 1;
        int size = snprintf(request, sizeof request, "{\"format\":1,\"operation\":\"%s\",\"publication\":\"%s\",\"entry\":%s}",
                            operations[i], argv[4], getenv("DRIVER_ENTRY") ? getenv("DRIVER_ENTRY") : "null");
        result_size = 0;
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        status = provider->invoke(instance, operations[i], request, (uint64_t)size, &sink);
        clock_gettime(CLOCK_MONOTONIC, &end);
        provider->close(instance);
        printf("%s %d %.3f s %s\n", operations[i], status,
               (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9, result);
        if (status == EP_PENDING) {
            char *wait = strstr(result, "\"resume_after_s\":");
            usleep((unsigned)(wait ? strtod(wait + 17, NULL) * 1000 : 1000));
            i--;
        } else if (status) {
            return 1;
        }
    }
    printf("%zu checkpoints, %llu intents, %llu created, %llu settled\n", record_count, (unsigned long long)intents,
           (unsigned long long)creations, (unsigned long long)settlements);
    return 0;
}
