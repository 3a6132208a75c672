/* A provider in one C file: publishes a disk image to a cloud whose API is like many vendors'. A snapshot takes the image's
 * blocks and is imported, an image is registered from it, copied to other regions, made public, and named by an alias.
 *
 * It shows what a provider owes its users, and is meant to be copied:
 *   - The remote is the truth. Each operation looks at what is there, by a token or mark made from the publication, and does
 *     what is missing. Checkpoints only save work: with all of them lost, the same images result and none is left over.
 *   - What creates or changes something is announced by intend, made known by created, and settled once it is wanted.
 *   - Waiting is the host's work: an import that takes minutes is EP_PENDING, and the operation is asked again.
 *
 * Build, in this file's directory, with nothing but the header:
 *     gcc -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -pthread slowcloud.c -o libep-slowcloud.so
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <eulerpublisher/provider.h>

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

EP_EMBED_MANIFEST(slowcloud_manifest, "provider.json");

enum {
    REGIONS = 8,         /* as in the manifest */
    CONNECTIONS = 4,     /* that send blocks */
    ANSWER = 256 * 1024, /* bytes of an answer's head and body */
    DEPTH = 32,          /* of nested JSON */
    TIMEOUT = 60,        /* seconds without a byte */
    BLOCK = 16 << 20     /* bytes of a block at most */
};

/* Most functions return a status, and what failed has already said why (see fail). */
#define TRY(call)                     \
    do {                              \
        ep_status status_ = (call);   \
        if (status_) return status_;  \
    } while (0)

/* ---- Text: a buffer of fixed size that remembers when it was too small ---- */

struct text {
    size_t size;
    int is_cut;
    char bytes[16 * 1024];
};

__attribute__((format(printf, 2, 3))) static void print(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof text->bytes - text->size;
    int size = vsnprintf(text->bytes + text->size, room, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= room) text->is_cut = 1;
    else text->size += (size_t)size;
}

/* ---- JSON: a reader that copies nothing and trusts nothing; a value is its text within the document ---- */

typedef struct json {
    const char *at, *end; /* at is NULL when there is no such value */
} json;

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
    return at;
}

/* The end of the value that begins at at, or NULL if there is none. */
static const char *skip_value(const char *at, const char *end, int depth) {
    if (!at || at >= end || depth > DEPTH) return NULL;
    if (*at == '"') {
        for (at++; at < end && *at != '"'; at++)
            if (*at == '\\') at++;
        return at < end ? at + 1 : NULL;
    }
    if (*at != '{' && *at != '[') {
        const char *start = at;
        while (at < end && !strchr(" \t\r\n,:]}[{\"", *at)) at++;
        return at > start ? at : NULL;
    }
    const char open = *at, close = open == '{' ? '}' : ']';
    at = skip_space(at + 1, end);
    if (at < end && *at == close) return at + 1;
    for (;;) {
        if (open == '{') {
            if (at >= end || *at != '"' || !(at = skip_value(at, end, depth))) return NULL;
            at = skip_space(at, end);
            if (at >= end || *at++ != ':') return NULL;
        }
        if (!(at = skip_value(skip_space(at, end), end, depth + 1))) return NULL;
        at = skip_space(at, end);
        if (at >= end || (*at != ',' && *at != close)) return NULL;
        if (*at++ == close) return at;
        at = skip_space(at, end);
    }
}

static json read_json(const char *bytes, uint64_t size) {
    json value = {skip_space(bytes, bytes + size), NULL};
    value.end = skip_value(value.at, bytes + size, 0);
    return value.end ? value : (json){0};
}

/* The next value of an array or object, whose text *rest is at first; absent at the end. key: of an object, else NULL. */
static json next(json *rest, json *key) {
    const char *end = rest->end;
    if (!rest->at || rest->at >= end || !strchr(key ? "{," : "[,", *rest->at)) return (json){0};
    json value = {skip_space(rest->at + 1, end), NULL};
    if (*value.at == ']' || *value.at == '}') return (json){0};
    if (key) {
        *key = (json){value.at, skip_value(value.at, end, 0)};
        value.at = skip_space(skip_space(key->end, end) + 1, end);
    }
    value.end = skip_value(value.at, end, 0);
    rest->at = skip_space(value.end, end);
    return value;
}

static json member(json object, const char *name) {
    size_t length = strlen(name);
    json key, value;
    while ((value = next(&object, &key)).at)
        if ((size_t)(key.end - key.at) == length + 2 && !memcmp(key.at + 1, name, length)) break;
    return value;
}

/* Copies a string of plain characters; 0 and "" when it is none, has an escape, which no name of ours needs, or has no room. */
static int copy(json value, char *buffer, size_t room) {
    size_t size = value.at && *value.at == '"' ? (size_t)(value.end - value.at) - 2 : room;
    buffer[0] = 0;
    if (size >= room || memchr(value.at, '\\', size + 1)) return 0;
    memcpy(buffer, value.at + 1, size);
    buffer[size] = 0;
    return 1;
}

/* Of an answer only, whose text ends with a zero. */
static double number(json value) { return value.at ? strtod(value.at, NULL) : 0; }

/* ---- The instance, and one job of it ---- */

struct ep_instance {
    const ep_host *host;
    char address[256], port[8];
    char regions[REGIONS][40], alias[80]; /* the first region takes the upload */
    int region_count;
};

/* A connection that stays open between requests, and the answer to the last one. */
struct connection {
    const struct ep_instance *cloud;
    int socket; /* -1: none */
    int http;   /* the answer's status */
    json body;
    struct text problem; /* the error document of what failed last */
    char bytes[ANSWER + 1];
};

/* A snapshot or an image; no id: there is none. */
struct thing {
    char id[40], state[16], content[16];
    uint64_t size, block_size, blocks;
    int is_public;
    double retry_after, progress;
};

/* Something of ours as the ledger knows it. */
struct owned {
    char kind[16], region[40], id[80];
    uint64_t intent;
};

struct job {
    struct ep_instance *cloud;
    const ep_host *host;
    const ep_sink *sink;
    json request;
    char publication[80], name[80], find[128]; /* name: of the image; find: what tells ours from others' */
    struct connection *control;
    struct owned owned[4 * REGIONS];
    int owned_count;
    uint64_t sent, skipped; /* bytes of the upload */
    struct thing snapshot, images[REGIONS];
    char aliases[REGIONS][40];
};

/* Remembers an error and returns its status; invoke writes the last one to the sink. The codes are the error schema's. */
__attribute__((format(printf, 3, 4))) static ep_status fail(struct connection *connection, ep_status status,
                                                            const char *format, ...) {
    static const char *const codes[] = {"internal", "internal", "usage", "authentication", "refused", "refused", "refused",
                                        "quota", "quota", "network", "network", "interrupted", "usage", "refused"};
    char message[512], vendor[64];
    struct text *problem = &connection->problem;
    int is_retryable = status == EP_NETWORK || status == EP_TIMEOUT || status == EP_RATE_LIMITED;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    for (char *at = message; *at; at++)
        if (*at == '"' || *at == '\\' || (*at > 0 && *at < ' ')) *at = '\''; /* what a JSON string would have to escape */
    problem->size = 0;
    print(problem, "{\"code\":\"%s\",\"retryable\":%s,\"message\":\"%s\"", codes[status], is_retryable ? "true" : "false",
          message);
    if (copy(member(connection->body, "code"), vendor, sizeof vendor)) print(problem, ",\"vendor_code\":\"%s\"", vendor);
    if (copy(member(connection->body, "request_id"), vendor, sizeof vendor)) print(problem, ",\"request_id\":\"%s\"", vendor);
    print(problem, "}");
    return status;
}

static ep_status check_cancelled(struct connection *connection) {
    const ep_host *host = connection->cloud->host;
    return host->cancelled(host->context) ? fail(connection, EP_CANCELLED, "stopped as asked") : EP_OK;
}

/* ---- HTTP/1.1 ---- */

static void hang_up(struct connection *connection) {
    if (connection->socket >= 0) close(connection->socket);
    connection->socket = -1;
}

static ep_status dial(struct connection *connection) {
    const struct ep_instance *cloud = connection->cloud;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    struct timeval second = {.tv_sec = 1}, ten = {.tv_sec = 10};
    int yes = 1, error = getaddrinfo(cloud->address, cloud->port, &hints, &list);
    if (error) return fail(connection, EP_NETWORK, "%s cannot be found: %s", cloud->address, gai_strerror(error));
    for (struct addrinfo *one = list; one && connection->socket < 0; one = one->ai_next) {
        connection->socket = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
        setsockopt(connection->socket, SOL_SOCKET, SO_SNDTIMEO, &ten, sizeof ten);
        setsockopt(connection->socket, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second); /* how often we look for a cancel */
        setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (connect(connection->socket, one->ai_addr, one->ai_addrlen) < 0) error = errno, hang_up(connection);
    }
    freeaddrinfo(list);
    if (connection->socket >= 0) return EP_OK;
    return fail(connection, EP_NETWORK, "%s:%s cannot be reached: %s", cloud->address, cloud->port, strerror(error));
}

static ep_status transmit(struct connection *connection, const char *bytes, size_t size, int flags) {
    while (size > 0) {
        ssize_t sent = send(connection->socket, bytes, size, MSG_NOSIGNAL | flags);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return fail(connection, EP_NETWORK, "the connection broke while sending: %s", strerror(errno));
        bytes += sent;
        size -= (size_t)sent;
    }
    return EP_OK;
}

/* Reads an answer that states its Content-Length. *filled: bytes that came, 0 if the peer had closed before. */
static ep_status receive(struct connection *connection, size_t *filled) {
    char *bytes = connection->bytes, *body = NULL;
    size_t wanted = 1;
    for (int silence = 0; *filled < wanted || !body;) {
        if (*filled == ANSWER || wanted > ANSWER) return fail(connection, EP_NETWORK, "the answer is too long");
        ssize_t got = recv(connection->socket, bytes + *filled, ANSWER - *filled, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) {
            TRY(check_cancelled(connection));
            if (++silence >= TIMEOUT) return fail(connection, EP_TIMEOUT, "no answer for %d s", TIMEOUT);
            continue;
        }
        if (got <= 0) return fail(connection, EP_NETWORK, "the connection broke before the answer's end");
        bytes[*filled += (size_t)got] = 0;
        if (body || !(body = strstr(bytes, "\r\n\r\n"))) continue;
        char *length = strcasestr(bytes, "\r\ncontent-length:");
        if (sscanf(bytes, "HTTP/1.1 %d", &connection->http) != 1 || !length || length > body)
            return fail(connection, EP_NETWORK, "the answer is not what this provider speaks");
        body += 4;
        wanted = (size_t)(body - bytes) + strtoul(length + 17, NULL, 10);
    }
    connection->body = read_json(body, wanted - (size_t)(body - bytes));
    return EP_OK;
}

/* One request and its answer. A connection that the peer closed while it was idle is opened again: every request of this
 * provider may be repeated, since tokens and positions make the second one a look at what the first one did. */
static ep_status exchange(struct connection *connection, const char *method, const char *path, uint32_t checksum,
                          const void *body, size_t size) {
    char head[1024], message[256];
    int head_size = snprintf(head, sizeof head,
                             "%s %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Length: %zu\r\nX-Checksum: %08" PRIx32 "\r\n\r\n", method,
                             path, connection->cloud->address, connection->cloud->port, size, checksum);
    if (head_size < 0 || (size_t)head_size >= sizeof head) return fail(connection, EP_INVALID, "a name is too long");
    for (int is_fresh = connection->socket < 0;; is_fresh = 1) {
        size_t filled = 0;
        connection->body = (json){0};
        if (connection->socket < 0) TRY(dial(connection));
        ep_status status = transmit(connection, head, (size_t)head_size, size ? MSG_MORE : 0);
        if (!status) status = transmit(connection, body, size, 0);
        if (!status) status = receive(connection, &filled);
        if (!status) break;
        hang_up(connection);
        if (status != EP_NETWORK || filled > 0 || is_fresh) return status;
    }
    int http = connection->http;
    if (http / 100 == 2 && connection->body.at) return EP_OK;
    copy(member(connection->body, "message"), message, sizeof message);
    ep_status status = http == 400 ? EP_INVALID : http == 401 ? EP_AUTH : http == 403 ? EP_DENIED : http == 404 ? EP_NOT_FOUND
                     : http == 409 ? EP_CONFLICT : http == 429 ? EP_RATE_LIMITED : EP_NETWORK;
    return fail(connection, status, "%s %s: HTTP %d, %s", method, path, http, message[0] ? message : "no reason given");
}

/* A control request: format prints the path and, after a space, the body. */
__attribute__((format(printf, 3, 4))) static ep_status call(struct job *job, const char *method, const char *format, ...) {
    char text[1024], *body;
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof text) return fail(job->control, EP_INVALID, "a name is too long");
    TRY(check_cancelled(job->control));
    if ((body = strchr(text, ' '))) *body++ = 0;
    return exchange(job->control, method, text, 0, body ? body : "", body ? strlen(body) : 0);
}

/* ---- What is ours: the ledger, and checkpoints that say which of its numbers is whose ---- */

/* Keeps the ledger. Without an id: before a request that makes or changes something. find, a JSON object, tells that from everything
 * else at the remote: a kill after the request leaves nothing else to know it by. With an id: after the request, or when the thing
 * is found again; undo, a JSON object, is what ep.undo/1 needs besides the id. What is known already is not said again. */
static ep_status own(struct job *job, const char *kind, const char *region, const char *find, const char *id, const char *undo) {
    struct text document = {0};
    struct owned *owned = job->owned, *end = owned + job->owned_count;
    ep_status status;
    while (owned < end && (strcmp(owned->kind, kind) || strcmp(owned->region, region))) owned++;
    if (owned < end && (!id || !strcmp(owned->id, id))) return EP_OK;
    if (owned == end && job->owned_count++ == 4 * REGIONS) return fail(job->control, EP_INTERNAL, "more regions than allowed");
    if (owned == end) {
        snprintf(owned->kind, sizeof owned->kind, "%s", kind);
        snprintf(owned->region, sizeof owned->region, "%s", region);
        print(&document, "{\"kind\":\"%s\",\"region\":\"%s\",\"find\":%s}", kind, region, find);
        status = job->host->intend(job->host->context, document.bytes, document.size, &owned->intent);
    } else {
        snprintf(owned->id, sizeof owned->id, "%s", id);
        print(&document, "{\"id\":\"%s\",\"region\":\"%s\",\"undo\":%s}", id, region, undo);
        status = job->host->created(job->host->context, owned->intent, document.bytes, document.size);
    }
    if (status) return fail(job->control, status, "the ledger could not be written");
    char key[80], data[128];
    int key_size = snprintf(key, sizeof key, "own %s %s", kind, region);
    int size = snprintf(data, sizeof data, "%" PRIu64 " %s", owned->intent, owned->id);
    return job->host->checkpoint(job->host->context, key, (uint64_t)key_size, data, (uint64_t)size, EP_CHECKPOINT_BARRIER);
}

/* ---- Looking: what the remote has of this publication ---- */

static void read_thing(struct thing *thing, json from) {
    copy(member(from, "id"), thing->id, sizeof thing->id);
    copy(member(from, "state"), thing->state, sizeof thing->state);
    copy(member(from, "content"), thing->content, sizeof thing->content);
    thing->size = (uint64_t)number(member(from, "size"));
    thing->block_size = (uint64_t)number(member(from, "block_size"));
    thing->blocks = (uint64_t)number(member(from, "blocks"));
    thing->retry_after = number(member(from, "retry_after_s"));
    thing->progress = number(member(from, "progress"));
    json is_public = member(from, "public");
    thing->is_public = is_public.at && *is_public.at == 't';
}

static ep_status look_for_snapshot(struct job *job) {
    TRY(call(job, "GET", "/snapshots?token=%s", job->publication));
    json list = member(job->control->body, "snapshots");
    job->snapshot = (struct thing){.size = 0};
    read_thing(&job->snapshot, next(&list, NULL));
    return EP_OK;
}

/* The next item of a list, and the number of its region; -1 at the end. Other regions are none of ours. */
static int next_in_region(struct job *job, json *list, json *item) {
    char region[40];
    while ((*item = next(list, NULL)).at) {
        copy(member(*item, "region"), region, sizeof region);
        for (int i = 0; i < job->cloud->region_count; i++)
            if (!strcmp(region, job->cloud->regions[i])) return i;
    }
    return -1;
}

static ep_status look_for_images(struct job *job) {
    json item;
    TRY(call(job, "GET", "/images?publication=%s", job->publication));
    json list = member(job->control->body, "images");
    memset(job->images, 0, sizeof job->images);
    for (int i; (i = next_in_region(job, &list, &item)) >= 0;) read_thing(&job->images[i], item);
    return EP_OK;
}

static ep_status look_for_aliases(struct job *job) {
    json item;
    TRY(call(job, "GET", "/aliases?name=%s", job->cloud->alias));
    json list = member(job->control->body, "aliases");
    memset(job->aliases, 0, sizeof job->aliases);
    for (int i; (i = next_in_region(job, &list, &item)) >= 0;)
        copy(member(item, "image"), job->aliases[i], sizeof job->aliases[i]);
    return EP_OK;
}

/* ---- Answers to the host ---- */

static ep_status answer(struct job *job, const struct text *document) {
    if (document->is_cut) return fail(job->control, EP_INTERNAL, "the result is too long");
    return job->sink->write(job->sink->context, document->bytes, document->size);
}

/* The vendor is at work: the host asks again in that many seconds, from a new process. */
static ep_status pending(struct job *job, double seconds, double progress, const char *note) {
    struct text document = {0};
    print(&document, "{\"resume_after_s\":%.1f,\"progress\":%.2f,\"note\":\"%s\"}", seconds > 0 ? seconds : 1, progress, note);
    TRY(answer(job, &document));
    return EP_PENDING;
}

/* The alias in one region as a move; to: an image's id, or the name that it will have. */
static void print_move(struct job *job, struct text *moves, int i, const char *to) {
    print(moves, "%s{\"name\":\"%s/%s\",\"from\":", moves->size ? "," : "", job->cloud->regions[i], job->cloud->alias);
    print(moves, job->aliases[i][0] ? "\"%s\"" : "null%s", job->aliases[i]);
    print(moves, ",\"to\":\"%s\"}", to);
}

/* ---- ep.plan/1 ---- */

static ep_status plan(struct job *job) {
    struct ep_instance *cloud = job->cloud;
    struct text result = {0}, actions = {0}, moves = {0};
    TRY(look_for_images(job));
    TRY(look_for_aliases(job));
    if (!job->images[0].id[0]) {
        TRY(look_for_snapshot(job));
        print(&actions, ",\"%s a snapshot in %s\",\"register %s\"", job->snapshot.id[0] ? "complete" : "upload", cloud->regions[0],
              job->name);
    }
    for (int i = 0; i < cloud->region_count; i++) {
        struct thing *image = &job->images[i];
        if (i > 0 && !image->id[0]) print(&actions, ",\"copy it to %s\"", cloud->regions[i]);
        if (!image->is_public) print(&actions, ",\"make it public in %s\"", cloud->regions[i]);
        if (!image->id[0] || strcmp(job->aliases[i], image->id)) print_move(job, &moves, i, image->id[0] ? image->id : job->name);
    }
    print(&result, "{\"format\":1,\"actions\":[%s],\"moves\":[%s],\"nothing_to_do\":%s}", actions.size ? actions.bytes + 1 : "",
          moves.bytes, actions.size || moves.size ? "false" : "true");
    return answer(job, &result);
}

/* ---- ep.upload/1 ---- */

/* CRC-32 of IEEE 802.3; sum: of what came before, 0 at first. */
static uint32_t crc32(uint32_t sum, const unsigned char *bytes, size_t size) {
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    for (sum = ~sum; size > 0; bytes++, size--) {
        sum = sum >> 4 ^ table[(sum ^ *bytes) & 15];
        sum = sum >> 4 ^ table[(sum ^ *bytes >> 4) & 15];
    }
    return ~sum;
}

/* The blocks of the artifact that hold data, in order, each once. */
struct walk {
    const ep_host *host;
    uint64_t block_size, size; /* bytes */
    uint64_t block, end;       /* the next one, and where the data at hand ends */
};

static int next_block(struct walk *walk, uint64_t *block) {
    while (walk->block * walk->block_size >= walk->end) {
        ep_extent extent = {.header = {sizeof extent, EP_ABI_MAJOR, EP_ABI_MINOR}};
        uint64_t from = walk->block * walk->block_size;
        if (from >= walk->size || walk->host->artifact_next_extent(walk->host->context, from, &extent)) return 0;
        uint64_t end = extent.offset + extent.length;
        /* A block that begins in a hole and ends in data is sent. */
        if (extent.flags & EP_EXTENT_HOLE && end / walk->block_size > walk->block) walk->block = end / walk->block_size;
        else walk->end = extent.flags & EP_EXTENT_HOLE ? from + walk->block_size : end;
    }
    *block = walk->block++;
    return 1;
}

struct upload {
    struct job *job;
    struct walk walk;
    unsigned char *stored; /* one bit for each block that the remote has */
    uint64_t blocks, sent, skipped;
    pthread_mutex_t lock;
    ep_status status; /* of the first thread that failed */
};

static int is_stored(const struct upload *upload, uint64_t block) { return upload->stored[block / 8] >> block % 8 & 1; }

static void mark_stored(struct upload *upload, uint64_t block) {
    if (block > upload->walk.size / upload->walk.block_size || is_stored(upload, block)) return;
    upload->stored[block / 8] |= (unsigned char)(1 << block % 8);
}

/* The next block to send; 0 when there is none, or when another thread failed. */
static int take_block(struct upload *upload, uint64_t *block) {
    const ep_host *host = upload->job->host;
    int found = 0;
    pthread_mutex_lock(&upload->lock);
    while (!upload->status && !found && next_block(&upload->walk, block)) {
        found = !is_stored(upload, *block);
        if (found) upload->sent += upload->walk.block_size;
        else upload->skipped += upload->walk.block_size;
        if (upload->blocks++ % 512 == 0)
            host->progress(host->context, *block * upload->walk.block_size, upload->walk.size, "send blocks", 11);
    }
    pthread_mutex_unlock(&upload->lock);
    return found;
}

static ep_status send_block(struct upload *upload, struct connection *connection, uint64_t block, unsigned char *buffer) {
    const ep_host *host = upload->job->host;
    const char *snapshot = upload->job->snapshot.id;
    char path[128], key[24];
    TRY(check_cancelled(connection));
    int64_t size = host->artifact_read(host->context, block * upload->walk.block_size, buffer, upload->walk.block_size);
    if (size <= 0) return fail(connection, EP_INTERNAL, "block %" PRIu64 " of the artifact cannot be read", block);
    snprintf(path, sizeof path, "/snapshots/%s/blocks/%" PRIu64, snapshot, block);
    TRY(exchange(connection, "PUT", path, crc32(0, buffer, (size_t)size), buffer, (size_t)size));
    /* The record is the snapshot's id: should it ever be another snapshot, its blocks are not taken for stored. */
    int key_size = snprintf(key, sizeof key, "%" PRIu64, block);
    return host->checkpoint(host->context, key, (uint64_t)key_size, snapshot, strlen(snapshot), EP_CHECKPOINT_PUT);
}

static void *send_blocks(void *context) {
    struct upload *upload = context;
    struct connection *connection = calloc(1, sizeof *connection);
    unsigned char *buffer = malloc(upload->walk.block_size);
    ep_status status = connection && buffer ? EP_OK : EP_INTERNAL;
    uint64_t block;
    if (connection) connection->cloud = upload->job->cloud, connection->socket = -1;
    while (!status && take_block(upload, &block)) status = send_block(upload, connection, block, buffer);
    pthread_mutex_lock(&upload->lock);
    if (status && !upload->status) {
        upload->status = status;
        if (connection) upload->job->control->problem = connection->problem;
    }
    pthread_mutex_unlock(&upload->lock);
    if (connection) hang_up(connection);
    free(connection);
    free(buffer);
    return NULL;
}

static ep_status visit_block(ep_sink_context *context, const char *key, uint64_t key_size, const void *data, uint64_t size) {
    struct upload *upload = (struct upload *)context;
    const char *snapshot = upload->job->snapshot.id;
    char digits[24], *end;
    if (key_size == 0 || key_size >= sizeof digits || size != strlen(snapshot) || memcmp(data, snapshot, size)) return EP_OK;
    memcpy(digits, key, key_size);
    digits[key_size] = 0;
    uint64_t block = strtoull(digits, &end, 10);
    if (!*end) mark_stored(upload, block);
    return EP_OK;
}

/* Asks the remote, page by page, what it has of the blocks from the first one on that no record tells of. */
static ep_status list_blocks(struct upload *upload) {
    struct connection *control = upload->job->control;
    struct walk walk = upload->walk;
    uint64_t from;
    do
        if (!next_block(&walk, &from)) return EP_OK;
    while (is_stored(upload, from));
    for (;;) {
        TRY(call(upload->job, "GET", "/snapshots/%s/blocks?from=%" PRIu64, upload->job->snapshot.id, from));
        json blocks = member(control->body, "blocks"), more = member(control->body, "next"), one;
        while ((one = next(&blocks, NULL)).at) mark_stored(upload, (uint64_t)number(one));
        if (!more.at) return EP_OK;
        from = (uint64_t)number(more);
    }
}

/* Sends what the snapshot lacks. Checkpoints say what it has, the remote says the rest; all of it, if they said too much. */
static ep_status send_missing(struct upload *upload, int may_hold_blocks, int trusts_checkpoints) {
    struct job *job = upload->job;
    pthread_t threads[CONNECTIONS];
    int started = 0;
    if (trusts_checkpoints) job->host->checkpoint_replay(job->host->context, (ep_sink_context *)upload, visit_block);
    if (may_hold_blocks) TRY(list_blocks(upload));
    while (started < CONNECTIONS && !pthread_create(&threads[started], NULL, send_blocks, upload)) started++;
    for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
    return started ? upload->status : fail(job->control, EP_INTERNAL, "no thread can be started");
}

/* Fills the snapshot and completes it. */
static ep_status fill_snapshot(struct job *job, int may_hold_blocks) {
    const ep_host *host = job->host;
    struct thing *snapshot = &job->snapshot;
    ep_status status = EP_OK;
    if (snapshot->size != host->artifact_size(host->context) || !snapshot->block_size || snapshot->block_size > BLOCK)
        return fail(job->control, EP_CONFLICT, "%s was begun with another size", snapshot->id);
    for (int attempt = 0; attempt < 2; attempt++) {
        struct upload upload = {.job = job, .walk = {host, snapshot->block_size, snapshot->size, 0, 0}};
        char sent[64];
        upload.stored = calloc(snapshot->size / snapshot->block_size / 8 + 1, 1);
        if (!upload.stored) return fail(job->control, EP_INTERNAL, "no memory");
        pthread_mutex_init(&upload.lock, NULL);
        status = send_missing(&upload, may_hold_blocks || attempt > 0, attempt == 0);
        pthread_mutex_destroy(&upload.lock);
        free(upload.stored);
        TRY(status);
        job->sent += upload.sent;
        job->skipped = upload.skipped;
        /* The barrier makes all blocks' records durable too: after it, the remote is not asked for them again. */
        int size = snprintf(sent, sizeof sent, "%" PRIu64 " %" PRIu64, job->sent, job->skipped);
        TRY(host->checkpoint(host->context, "sent", 4, sent, (uint64_t)size, EP_CHECKPOINT_BARRIER));
        status = call(job, "POST", "/snapshots/%s/complete {\"blocks\":%" PRIu64 "}", snapshot->id, upload.blocks);
        if (status != EP_CONFLICT) break; /* with this conflict the remote says that it lacks blocks */
    }
    if (!status) read_thing(snapshot, job->control->body);
    return status;
}

static ep_status upload(struct job *job) {
    const char *region = job->cloud->regions[0];
    struct thing *snapshot = &job->snapshot;
    struct text result = {0};
    TRY(look_for_snapshot(job));
    int existed = snapshot->id[0] != 0;
    TRY(own(job, "snapshot", region, job->find, NULL, NULL));
    if (!existed) {
        TRY(call(job, "POST", "/snapshots {\"token\":\"%s\",\"publication\":\"%s\",\"region\":\"%s\",\"size\":%" PRIu64 "}",
                 job->publication, job->publication, region, job->host->artifact_size(job->host->context)));
        read_thing(snapshot, job->control->body);
    }
    TRY(own(job, "snapshot", region, job->find, snapshot->id, "{}"));
    if (!strcmp(snapshot->state, "uploading")) TRY(fill_snapshot(job, existed));
    if (strcmp(snapshot->state, "completed"))
        return pending(job, snapshot->retry_after, snapshot->progress, "the cloud imports the snapshot");
    print(&result, "{\"format\":1,\"sent_bytes\":%" PRIu64 ",\"skipped_bytes\":%" PRIu64 "}", job->sent, job->skipped);
    return answer(job, &result);
}

/* ---- ep.register/1 ---- */

static ep_status register_image(struct job *job) {
    const char *region = job->cloud->regions[0];
    struct thing *image = &job->images[0];
    struct text result = {0};
    TRY(look_for_images(job));
    TRY(look_for_snapshot(job));
    if (!job->snapshot.id[0]) return fail(job->control, EP_NOT_FOUND, "the snapshot is gone: publish again");
    TRY(own(job, "image", region, job->find, NULL, NULL));
    if (!image->id[0]) {
        TRY(call(job, "POST", "/images {\"token\":\"%s\",\"name\":\"%s\",\"publication\":\"%s\",\"snapshot\":\"%s\"}",
                 job->publication, job->name, job->publication, job->snapshot.id));
        read_thing(image, job->control->body);
    }
    TRY(own(job, "image", region, job->find, image->id, "{}"));
    print(&result, "{\"format\":1,\"actions\":[\"registered %s as %s in %s\"]}", image->id, job->name, region);
    return answer(job, &result);
}

/* ---- ep.verify/1: the remote's sum of the snapshot's content, and ours: over position and checksum of each block ---- */

static ep_status verify(struct job *job) {
    static unsigned char buffer[BLOCK];
    const ep_host *host = job->host;
    struct text result = {0};
    char content[16];
    uint32_t sum = 0;
    uint64_t block, blocks = 0;
    TRY(look_for_images(job));
    TRY(look_for_snapshot(job));
    struct walk walk = {host, job->snapshot.block_size, host->artifact_size(host->context), 0, 0};
    if (!job->images[0].id[0] || strcmp(job->snapshot.state, "completed") || !walk.block_size || walk.block_size > BLOCK)
        return fail(job->control, EP_NOT_FOUND, "%s or its snapshot is not there", job->name);
    while (next_block(&walk, &block)) {
        unsigned char record[12];
        int64_t size = host->artifact_read(host->context, block * walk.block_size, buffer, walk.block_size);
        if (size <= 0) return fail(job->control, EP_INTERNAL, "the artifact cannot be read");
        uint32_t checksum = crc32(0, buffer, (size_t)size);
        for (int byte = 0; byte < 8; byte++) record[byte] = (unsigned char)(block >> 8 * byte);
        for (int byte = 0; byte < 4; byte++) record[8 + byte] = (unsigned char)(checksum >> 8 * byte);
        sum = crc32(sum, record, sizeof record);
        if (++blocks % 512) continue;
        host->progress(host->context, block * walk.block_size, walk.size, "compare", 7);
        TRY(check_cancelled(job->control));
    }
    snprintf(content, sizeof content, "%08" PRIx32, sum);
    if (strcmp(content, job->snapshot.content) || blocks != job->snapshot.blocks)
        return fail(job->control, EP_CONFLICT, "%s holds other bytes than the image", job->snapshot.id);
    print(&result, "{\"format\":1,\"actions\":[\"compared %" PRIu64 " blocks\"]}", blocks);
    return answer(job, &result);
}

/* ---- ep.distribute/1 ---- */

static ep_status distribute(struct job *job) {
    struct text result = {0};
    double longest = 0, least = 1;
    int waiting = 0;
    TRY(look_for_images(job));
    if (!job->images[0].id[0]) return fail(job->control, EP_NOT_FOUND, "the image is gone: publish again");
    for (int i = 1; i < job->cloud->region_count; i++) {
        const char *region = job->cloud->regions[i];
        struct thing *image = &job->images[i];
        TRY(own(job, "image", region, job->find, NULL, NULL));
        if (!image->id[0]) {
            TRY(call(job, "POST", "/images/%s/copy {\"token\":\"%s\",\"region\":\"%s\"}", job->images[0].id, job->publication,
                     region));
            read_thing(image, job->control->body);
        }
        TRY(own(job, "image", region, job->find, image->id, "{}"));
        if (!strcmp(image->state, "completed")) continue;
        waiting++;
        if (image->retry_after > longest) longest = image->retry_after;
        if (image->progress < least) least = image->progress;
    }
    if (waiting) return pending(job, longest, least, "the cloud copies the image to its other regions");
    print(&result, "{\"format\":1,\"actions\":[\"copied to %d regions\"]}", job->cloud->region_count - 1);
    return answer(job, &result);
}

/* ---- ep.release/1: public, and the alias moved, in each region ---- */

static ep_status release_in(struct job *job, int i, struct text *moves) {
    const char *region = job->cloud->regions[i], *alias = job->cloud->alias, *from = job->aliases[i];
    struct thing *image = &job->images[i];
    char find[256], undo[128], quoted[48] = "null";
    if (!image->id[0]) return fail(job->control, EP_NOT_FOUND, "there is no image in %s: publish again", region);
    snprintf(find, sizeof find, "{\"image\":\"%s\"}", image->id);
    TRY(own(job, "public", region, find, NULL, NULL));
    if (!image->is_public) TRY(call(job, "PUT", "/images/%s/public {\"public\":true}", image->id));
    TRY(own(job, "public", region, find, image->id, "{}"));
    if (!strcmp(from, image->id)) return EP_OK; /* moved before; the intent of then has the old value */
    if (from[0]) snprintf(quoted, sizeof quoted, "\"%s\"", from);
    snprintf(find, sizeof find, "{\"alias\":\"%s\",\"to\":\"%s\",\"from\":%s}", alias, image->id, quoted);
    snprintf(undo, sizeof undo, "{\"from\":%s}", quoted);
    TRY(own(job, "alias", region, find, NULL, NULL));
    /* The remote moves it only from the value that we saw, so that nobody else's move is lost. */
    TRY(call(job, "PUT", "/aliases {\"name\":\"%s\",\"region\":\"%s\",\"to\":\"%s\",\"from\":%s}", alias, region, image->id, quoted));
    print_move(job, moves, i, image->id);
    return own(job, "alias", region, find, alias, undo);
}

static ep_status release_image(struct job *job) {
    struct text moves = {0}, result = {0};
    TRY(look_for_images(job));
    TRY(look_for_aliases(job));
    for (int i = 0; i < job->cloud->region_count; i++) TRY(release_in(job, i, &moves));
    /* Now, and not before, everything is wanted. */
    for (int i = 0; i < job->owned_count; i++)
        if (job->host->settled(job->host->context, job->owned[i].intent))
            return fail(job->control, EP_INTERNAL, "the ledger could not be written");
    print(&result, "{\"format\":1,\"moves\":[%s]}", moves.bytes);
    return answer(job, &result);
}

/* ---- ep.inventory/1, of everything that carries a mark of ours, and ep.status/1, of one publication's ---- */

static ep_status list_marked(struct job *job, const char *publication) {
    struct text result = {0}, items = {0};
    for (int kind = 0; kind < 2; kind++) {
        const char *name = kind ? "image" : "snapshot";
        json one;
        TRY(call(job, "GET", "/%ss?publication=%s", name, publication));
        json list = member(job->control->body, kind ? "images" : "snapshots");
        while ((one = next(&list, NULL)).at) {
            char id[40], region[40], state[16], mark[80];
            copy(member(one, "id"), id, sizeof id);
            copy(member(one, "region"), region, sizeof region);
            copy(member(one, "state"), state, sizeof state);
            if (!copy(member(one, "publication"), mark, sizeof mark) || !mark[0]) continue; /* not ours */
            print(&items, ",{\"kind\":\"%s\",\"id\":\"%s\",\"region\":\"%s\",\"state\":\"%s\",\"publication\":\"%s\"}", name, id,
                  region, state, mark);
        }
    }
    print(&result, "{\"format\":1,\"items\":[%s]}", items.size ? items.bytes + 1 : "");
    result.is_cut |= items.is_cut;
    return answer(job, &result);
}

/* ---- ep.undo/1: one entry of the ledger; what is gone already, or was never made, is success ---- */

static ep_status undo_alias(struct job *job, json find, const char *region) {
    char alias[80], to[40], from[40], quoted[48] = "null", present[40];
    copy(member(find, "alias"), alias, sizeof alias);
    copy(member(find, "to"), to, sizeof to);
    if (copy(member(find, "from"), from, sizeof from)) snprintf(quoted, sizeof quoted, "\"%s\"", from);
    TRY(call(job, "GET", "/aliases?name=%s&region=%s", alias, region));
    json list = member(job->control->body, "aliases");
    copy(member(next(&list, NULL), "image"), present, sizeof present);
    if (strcmp(present, to)) return EP_OK; /* never moved, or moved on by somebody else */
    return call(job, "PUT", "/aliases {\"name\":\"%s\",\"region\":\"%s\",\"to\":%s,\"from\":\"%s\"}", alias, region, quoted, to);
}

/* Deletes by id or, when the entry has none, what the mark finds. */
static ep_status undo_thing(struct job *job, json entry, const char *kind, const char *region) {
    char id[40], publication[80];
    if (!copy(member(entry, "id"), id, sizeof id)) {
        if (!copy(member(member(entry, "find"), "publication"), publication, sizeof publication) || !publication[0])
            return fail(job->control, EP_INVALID, "the entry says nothing to find it by");
        TRY(call(job, "GET", "/%ss?publication=%s&region=%s", kind, publication, region));
        json list = member(job->control->body, *kind == 's' ? "snapshots" : "images");
        if (!copy(member(next(&list, NULL), "id"), id, sizeof id)) return EP_OK;
    }
    return call(job, "DELETE", "/%ss/%s", kind, id);
}

static ep_status undo(struct job *job) {
    json entry = member(job->request, "entry"), find = member(entry, "find");
    struct text result = {0};
    char kind[16], region[40], id[40];
    ep_status status;
    copy(member(entry, "kind"), kind, sizeof kind);
    copy(member(entry, "region"), region, sizeof region);
    copy(member(find, "image"), id, sizeof id);
    if (!strcmp(kind, "alias")) status = undo_alias(job, find, region);
    else if (!strcmp(kind, "public")) status = call(job, "PUT", "/images/%s/public {\"public\":false}", id);
    else if (!strcmp(kind, "snapshot") || !strcmp(kind, "image")) status = undo_thing(job, entry, kind, region);
    else return fail(job->control, EP_INVALID, "the entry is of no kind that this provider makes");
    if (status && status != EP_NOT_FOUND) return status;
    print(&result, "{\"format\":1,\"gone\":true}");
    return answer(job, &result);
}

/* ---- The provider ---- */

static ep_status visit_record(ep_sink_context *context, const char *key, uint64_t key_size, const void *data, uint64_t size) {
    struct job *job = (struct job *)context;
    char name[80], value[128];
    struct owned owned = {.intent = 0};
    if (key_size >= sizeof name || size >= sizeof value) return EP_OK;
    memcpy(name, key, key_size);
    memcpy(value, data, size);
    name[key_size] = value[size] = 0;
    if (!strcmp(name, "sent")) sscanf(value, "%" SCNu64 " %" SCNu64, &job->sent, &job->skipped);
    if (sscanf(name, "own %15s %39s", owned.kind, owned.region) == 2 && job->owned_count < 4 * REGIONS &&
        sscanf(value, "%" SCNu64 " %79s", &owned.intent, owned.id) >= 1)
        job->owned[job->owned_count++] = owned;
    return EP_OK;
}

static ep_status run(struct job *job, const char *operation) {
    if (!copy(member(job->request, "publication"), job->publication, sizeof job->publication))
        return fail(job->control, EP_INVALID, "the request has no publication");
    snprintf(job->name, sizeof job->name, "ep-%.16s", job->publication);
    snprintf(job->find, sizeof job->find, "{\"publication\":\"%s\"}", job->publication);
    job->host->checkpoint_replay(job->host->context, (ep_sink_context *)job, visit_record);
    if (!strcmp(operation, EP_OP_PLAN)) return plan(job);
    if (!strcmp(operation, EP_OP_UPLOAD)) return upload(job);
    if (!strcmp(operation, EP_OP_REGISTER)) return register_image(job);
    if (!strcmp(operation, EP_OP_VERIFY)) return verify(job);
    if (!strcmp(operation, EP_OP_DISTRIBUTE)) return distribute(job);
    if (!strcmp(operation, EP_OP_RELEASE)) return release_image(job);
    if (!strcmp(operation, EP_OP_INVENTORY)) return list_marked(job, "");
    if (!strcmp(operation, EP_OP_STATUS)) return list_marked(job, job->publication);
    if (!strcmp(operation, EP_OP_UNDO)) return undo(job);
    return fail(job->control, EP_UNSUPPORTED, "this provider does not know %.60s", operation);
}

static ep_status invoke(ep_instance *cloud, const char *operation, const char *request, uint64_t size, const ep_sink *sink) {
    struct job *job = calloc(1, sizeof *job);
    struct connection *control = calloc(1, sizeof *control);
    ep_status status = EP_INTERNAL;
    if (job && control) {
        control->cloud = job->cloud = cloud;
        control->socket = -1;
        job->control = control;
        job->host = cloud->host;
        job->sink = sink;
        job->request = read_json(request, size);
        status = run(job, operation);
        if (status && status != EP_PENDING) sink->write(sink->context, control->problem.bytes, control->problem.size);
        hang_up(control);
    }
    free(control);
    free(job);
    return status;
}

static ep_status open_cloud(const ep_host *host, const char *configuration, uint64_t size, ep_instance **instance,
                            const ep_sink *sink) {
    static const char error[] = "{\"code\":\"usage\",\"message\":\"endpoint must be http://HOST:PORT, and regions not empty\"}";
    json options = read_json(configuration, size), regions = member(options, "regions"), one;
    struct ep_instance *cloud = calloc(1, sizeof *cloud);
    char endpoint[300];
    if (!cloud) return EP_INTERNAL;
    cloud->host = host;
    copy(member(options, "alias"), cloud->alias, sizeof cloud->alias);
    while (cloud->region_count < REGIONS && (one = next(&regions, NULL)).at)
        copy(one, cloud->regions[cloud->region_count++], sizeof cloud->regions[0]);
    strcpy(cloud->port, "80");
    if (!copy(member(options, "endpoint"), endpoint, sizeof endpoint) || cloud->region_count == 0 ||
        sscanf(endpoint, "http://%255[^:/]:%7[0-9]", cloud->address, cloud->port) < 1) {
        free(cloud);
        sink->write(sink->context, error, sizeof error - 1);
        return EP_INVALID;
    }
    *instance = cloud;
    return EP_OK;
}

static void close_cloud(ep_instance *cloud) { free(cloud); }

EP_EXPORT const ep_provider *eulerpublisher_provider_v1(void) {
    static ep_provider provider = {
        .header = {sizeof provider, EP_ABI_MAJOR, EP_ABI_MINOR},
        .id = "slowcloud",
        .version = "1.0.0",
        .manifest = slowcloud_manifest,
        .open = open_cloud,
        .close = close_cloud,
        .invoke = invoke,
    };
    provider.manifest_size = (uint64_t)(slowcloud_manifest_end - slowcloud_manifest);
    return &provider;
}
