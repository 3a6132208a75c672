/* A provider that behaves as badly as it is told: by the request, a misdeed and its argument instead of a document, or, in a
 * publication, by the target's option `do`. Built by gcc with nothing but the ABI's header; the tests run each misdeed and see it
 * contained and named.
 *
 *     -DBADCLOUD_MANIFEST='"PATH"'    embeds that manifest
 *     -DBADCLOUD_VERSION='"2.0.0"'    says another version than the manifest
 *     -DBADCLOUD_ID='"goodcloud"'     another id
 *     -DBADCLOUD_EXPORTS_MORE         exports a second symbol
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <eulerpublisher/provider.h>

#include <errno.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef BADCLOUD_VERSION
#define BADCLOUD_VERSION "1.0.0"
#endif
#ifndef BADCLOUD_ID
#define BADCLOUD_ID "badcloud"
#endif
#ifdef BADCLOUD_MANIFEST
EP_EMBED_MANIFEST(badcloud_manifest, BADCLOUD_MANIFEST);
#else
static const char *const badcloud_manifest = NULL, *const badcloud_manifest_end = NULL;
#endif
#ifdef BADCLOUD_EXPORTS_MORE
EP_EXPORT int badcloud_more(void);
int badcloud_more(void) { return 1; }
#endif

extern char **environ;
static const ep_host *host;
static char misdeed[512]; /* the option `do` */

static void say(const char *text) { host->log(host->context, EP_LOG_INFO, text, strlen(text)); }

static ep_status answer(const ep_sink *sink, const char *text) {
    return sink->write(sink->context, text, strlen(text));
}

static ep_status collect(ep_sink_context *context, const void *data, uint64_t size) {
    char *text = (char *)context;
    strncat(text, data, size);
    return EP_OK;
}

static ep_status count(ep_sink_context *context, const char *key, uint64_t key_size, const void *data, uint64_t size) {
    (void)key, (void)key_size, (void)data, (void)size;
    ++*(int *)context;
    return EP_OK;
}

/* A provider that behaves: uses every service, so that the tests see each cross both ways. */
static ep_status good(const ep_sink *sink) {
    char text[1024], value[256] = "", file[16] = "";
    int replayed = 0, descriptor = -1;
    uint64_t intent = 0, holes = 0, offset = 0;
    int64_t expires = 0;
    ep_sink into = {{sizeof into, 1, 0}, (ep_sink_context *)value, collect};
    ep_extent extent = {.header = {sizeof extent, 1, 0}};
    host->checkpoint_replay(host->context, (ep_sink_context *)&replayed, count);
    ep_status stored = host->checkpoint(host->context, "part", 4, "one", 3, EP_CHECKPOINT_APPEND);
    if (!stored) stored = host->checkpoint(host->context, "part", 4, "two", 3, EP_CHECKPOINT_BARRIER);
    ep_status ledger = host->intend(host->context, "{\"kind\":\"x\"}", 12, &intent);
    if (!ledger) ledger = host->created(host->context, intent, "{\"id\":\"i\"}", 10);
    if (!ledger) ledger = host->settled(host->context, intent);
    ep_status secret = host->secret(host->context, "token", 5, &into, &expires);
    ep_status none = host->secret(host->context, "other", 5, &into, &expires);
    if (host->artifact_open(host->context, "", 0, &descriptor) == EP_OK) {
        if (pread(descriptor, file, 5, 0) < 0) file[0] = 0;
        close(descriptor);
    }
    while (host->artifact_next_extent(host->context, offset, &extent) == EP_OK) {
        if (extent.flags & EP_EXTENT_HOLE) holes += extent.length;
        offset = extent.offset + extent.length;
    }
    ep_status missing = host->cache_get(host->context, "k", 1, &into);
    snprintf(text, sizeof text,
             "{\"replayed\":%d,\"stored\":%d,\"ledger\":%d,\"intent\":%d,\"secret\":%d,\"value\":\"%s\",\"none\":%d,"
             "\"file\":\"%s\",\"holes\":%llu,\"size\":%llu,\"cache\":%d}",
             replayed, stored, ledger, (int)intent, secret, value, none, file, (unsigned long long)holes,
             (unsigned long long)host->artifact_size(host->context), missing);
    return answer(sink, text);
}

static ep_status spy(const char *path, const ep_sink *sink) {
    char text[512];
    int file = open(path, O_RDONLY), count = 0, other, made;
    int error = errno;
    for (char **entry = environ; *entry; entry++) count++;
    other = open("/proc/1/environ", O_RDONLY);
    made = open("/tmp/badcloud-was-here", O_CREAT | O_WRONLY, 0600);
    snprintf(text, sizeof text, "{\"file\":%d,\"errno\":%d,\"environment\":%d,\"home\":%d,\"proc\":%d,\"wrote\":%d}",
             file >= 0, error, count, getenv("HOME") != NULL, other >= 0, made >= 0);
    return answer(sink, text);
}

static ep_status start(int with_exec, const ep_sink *sink) {
    char text[128];
    pid_t child = with_exec ? 0 : fork();
    if (with_exec) {
        execl("/bin/sh", "sh", "-c", "sleep 60", NULL);
        snprintf(text, sizeof text, "{\"exec\":%d}", errno);
        return answer(sink, text);
    }
    if (child == 0) {
        setsid();
        sleep(60);
        _exit(0);
    }
    snprintf(text, sizeof text, "{\"fork\":%d,\"errno\":%d}", (int)child, child < 0 ? errno : 0);
    return answer(sink, text);
}

/* A child and a grandchild, each in a session of its own, and then nothing more. */
static void brood(void) {
    for (int generation = 0; generation < 2; generation++) {
        if (fork() != 0) break;
        setsid();
    }
    for (;;) sleep(60);
}

static ep_status network(const ep_sink *sink) {
    char text[64];
    int made = socket(AF_INET, SOCK_STREAM, 0);
    snprintf(text, sizeof text, "{\"socket\":%d}", made >= 0);
    return answer(sink, text);
}

static ep_status call(int port, const ep_sink *sink) {
    char text[64];
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int made = socket(AF_INET, SOCK_STREAM, 0);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int status = connect(made, (struct sockaddr *)&peer, sizeof peer);
    snprintf(text, sizeof text, "{\"connect\":%d}", status < 0 ? errno : 0);
    return answer(sink, text);
}

static ep_status put(const char *path, const ep_sink *sink) {
    char text[64];
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    snprintf(text, sizeof text, "{\"write\":%d}", file < 0 ? errno : 0);
    return answer(sink, text);
}

static ep_status garbage(void) {
    char noise[4096];
    memset(noise, 'x', sizeof noise);
    for (int descriptor = 3; descriptor < 256; descriptor++)
        if (send(descriptor, noise, sizeof noise, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) continue;
    sleep(60);
    return EP_OK;
}

static void flood(void) {
    char line[1024];
    memset(line, 'y', sizeof line);
    line[sizeof line - 1] = '\n';
    for (;;)
        if (write(1, line, sizeof line) < 0) sleep(1);
}

static ep_status do_what(const char *request, uint64_t size, const ep_sink *sink) {
    char what[512] = "";
    const char *argument;
    memcpy(what, request, size < sizeof what ? size : sizeof what - 1);
    argument = strchr(what, ' ') ? strchr(what, ' ') + 1 : "";
    if (strchr(what, ' ')) *strchr(what, ' ') = 0;
    host->progress(host->context, 61, 214, "part", 4);
    if (!strcmp(what, "segv")) return raise(SIGSEGV), *(volatile int *)8;
    if (!strcmp(what, "abort")) abort();
    if (!strcmp(what, "exit")) exit(3);
    if (!strcmp(what, "hang")) for (;;) pause();
    if (!strcmp(what, "ignore")) for (;;) sleep(1);
    if (!strcmp(what, "obey")) {
        while (!host->cancelled(host->context)) usleep(10000);
        return EP_CANCELLED;
    }
    if (!strcmp(what, "flood")) flood();
    if (!strcmp(what, "chatter")) for (;;) say("again and again and again and again and again");
    if (!strcmp(what, "garbage")) return garbage();
    if (!strcmp(what, "print")) {
        printf("printed by the provider\n");
        return answer(sink, "{}");
    }
    if (!strcmp(what, "fork")) return start(0, sink);
    if (!strcmp(what, "brood")) brood();
    if (!strcmp(what, "exec")) return start(1, sink);
    if (!strcmp(what, "spy")) return spy(argument, sink);
    if (!strcmp(what, "many")) {
        char key[16];
        for (int i = 0; i < 10000; i++)
            if (host->checkpoint(host->context, key, snprintf(key, sizeof key, "part-%d", i), "x", 1, 0)) return EP_INTERNAL;
        return answer(sink, "{}");
    }
    if (!strcmp(what, "memory")) return answer(sink, malloc(1u << 30) ? "{\"memory\":1}" : "{\"memory\":0}");
    if (!strcmp(what, "stop")) return raise(SIGSTOP), EP_OK;
    if (!strcmp(what, "connect")) return call(atoi(argument), sink);
    if (!strcmp(what, "write")) return put(argument, sink);
    if (!strcmp(what, "socket")) return network(sink);
    if (!strcmp(what, "refuse")) return answer(sink, "{\"code\":\"refused\",\"message\":\"no\"}"), EP_REFUSED;
    if (!strcmp(what, "pending")) return answer(sink, "{\"resume_after_s\":3,\"note\":\"import\"}"), EP_PENDING;
    if (!strcmp(what, "large")) {
        char *block = calloc(1, 1 << 20);
        for (int i = 0; i < 4; i++) sink->write(sink->context, memset(block, 'z', 1 << 20), 1 << 20);
        ep_status more = sink->write(sink->context, block, 1);
        free(block);
        return more == EP_INVALID ? EP_OK : EP_INTERNAL;
    }
    if (!strcmp(what, "nonsense")) return answer(sink, "\xff{{{\x00");
    if (!strcmp(what, "nothing")) return answer(sink, "{}");
    say("good");
    return good(sink);
}

/* A publication's operations are documents; what is misdone in them ends up in the log, and the result says nothing of it. */
static ep_status invoke(ep_instance *instance, const char *operation, const char *request, uint64_t size,
                        const ep_sink *sink) {
    static char said[1 << 20];
    ep_sink into = {{sizeof into, EP_ABI_MAJOR, EP_ABI_MINOR}, (ep_sink_context *)said, collect};
    (void)instance;
    if (size == 0 || *request != '{') return do_what(request, size, sink);
    if (strcmp(operation, EP_OP_UPLOAD)) return answer(sink, "{\"format\":1}");
    if (!strcmp(misdeed, "nonsense")) return do_what(misdeed, strlen(misdeed), sink);
    ep_status status = do_what(misdeed, strlen(misdeed), &into);
    say(said);
    return status ? answer(sink, said), status : answer(sink, "{\"format\":1}");
}

static ep_status open_instance(const ep_host *given, const char *configuration, uint64_t size, ep_instance **instance,
                               const ep_sink *sink) {
    if (memmem(configuration, size, "refuse", 6)) {
        answer(sink, "{\"code\":\"usage\",\"message\":\"no such region\"}");
        return EP_INVALID;
    }
    const char *value = memmem(configuration, size, "\"do\":\"", 6);
    for (size_t i = 0; value && value[6 + i] != '"' && i < sizeof misdeed - 1; i++) misdeed[i] = value[6 + i];
    host = given;
    *instance = (ep_instance *)&host;
    return EP_OK;
}

static void close_instance(ep_instance *instance) { (void)instance; }

EP_EXPORT const ep_provider *eulerpublisher_provider_v1(void) {
    static ep_provider provider = {
        .header = {sizeof provider, EP_ABI_MAJOR, EP_ABI_MINOR},
        .id = BADCLOUD_ID,
        .version = BADCLOUD_VERSION,
        .open = open_instance,
        .close = close_instance,
        .invoke = invoke,
    };
    provider.manifest = badcloud_manifest;
    provider.manifest_size = (uint64_t)(badcloud_manifest_end - badcloud_manifest);
    return &provider;
}
