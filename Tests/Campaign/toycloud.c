/* toycloud: a cloud small enough to read, for a provider to publish to. Snapshots take blocks and are imported, images are
 * registered from them, copied to regions, made public, and named by aliases. It keeps all in memory.
 *
 *     toycloud [--clock FACTOR] [--import SECONDS] [--copy SECONDS]
 *
 * It listens on a port of loopback that the kernel chooses, prints it, and ends when its standard input does. Seconds are of its
 * own clock, which runs FACTOR times as fast as ours. An import has three stages and a copy two; a stage begins when the one
 * before it is seen to be over, so that the number of questions which a patient client asks does not depend on how fast it is.
 *
 * Faults are part of the peer instead of a proxy before it: it alone knows the moment between a request's execution and its
 * answer, and no race with a second process blurs it. POST /debug/fault {request, ordinal, point, pid}: when the ordinal-th
 * request of that name comes, process pid and all its descendants are killed,
 *     point a: when the request was executed and nothing of the answer was sent,
 *     point b: when the answer was handed to the kernel.
 * GET /debug/requests: every request so far but block uploads, which are counted, and which
 * processes were killed. GET /debug/state: what there is, and which of
 * it are orphans: ours, and needed by nothing that was released.
 *
 * One thread, one epoll loop. SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, HEAD = 8192, BODY = 1 << 20, PAGE = 1000, MAXIMUM = 4096 };

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void *grow(void *old, size_t size) {
    void *larger = realloc(old, size);
    if (!larger) die("memory");
    return larger;
}

/* ---- Text that grows ---- */

struct text {
    char *bytes;
    size_t size, room;
};

static void append(struct text *text, const void *bytes, size_t size) {
    if (text->size + size > text->room) text->bytes = grow(text->bytes, text->room = (text->size + size) * 2);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

__attribute__((format(printf, 2, 3))) static void print(struct text *text, const char *format, ...) {
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof line) die("a line that is too long");
    append(text, line, (size_t)size);
}

/* ---- The cloud ---- */

enum state { UPLOADING, PENDING, COMPLETED };
static const char *const state_names[] = {"uploading", "pending", "completed"};

struct snapshot {
    unsigned number; /* of its id; 0: deleted */
    char token[160], publication[80], region[40];
    uint64_t size, count, stored; /* bytes; blocks that fit; blocks stored */
    uint32_t *sums;
    unsigned char *has;
    enum state state;
    int stage;
    double since;
};

struct image {
    unsigned number, snapshot, source; /* of their ids */
    char token[160], publication[80], region[40], name[160];
    enum state state;
    int stage, is_public;
    double since;
};

struct alias {
    char name[80], region[40];
    unsigned image;
};

static struct snapshot snapshots[MAXIMUM];
static struct image images[MAXIMUM];
static struct alias aliases[MAXIMUM];
static size_t snapshot_count, image_count, alias_count;
static unsigned last_number;
static uint64_t uploads, sent_bytes, resent_bytes;
static double clock_factor = 1, import_seconds = 150, copy_seconds = 80;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return ((double)time.tv_sec + (double)time.tv_nsec / 1e9) * clock_factor;
}

/* Moves on what is pending, and says how many seconds the stage still takes. */
static double advance(enum state *state, int *stage, double *since, int stages, double seconds) {
    if (*state != PENDING) return 0;
    double left = *since + seconds / stages - now();
    if (left > 0) return left;
    *since = now();
    if (++*stage < stages) return seconds / stages;
    *state = COMPLETED;
    return 0;
}

static uint32_t crc32(uint32_t sum, const unsigned char *bytes, size_t size) {
    static uint32_t table[8][256];
    if (!table[0][1]) {
        for (uint32_t i = 0; i < 256; i++) {
            table[0][i] = i;
            for (int bit = 0; bit < 8; bit++) table[0][i] = table[0][i] >> 1 ^ (table[0][i] & 1 ? 0xedb88320u : 0);
        }
        for (uint32_t i = 0; i < 256; i++)
            for (int step = 1; step < 8; step++)
                table[step][i] = table[step - 1][i] >> 8 ^ table[0][table[step - 1][i] & 255];
    }
    for (sum = ~sum; size >= 8; bytes += 8, size -= 8) {
        uint32_t low = sum ^ (bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
        sum = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^ table[4][low >> 24] ^
              table[3][bytes[4]] ^ table[2][bytes[5]] ^ table[1][bytes[6]] ^ table[0][bytes[7]];
    }
    while (size--) sum = sum >> 8 ^ table[0][(sum ^ *bytes++) & 255];
    return ~sum;
}

/* One number for all of a snapshot's content: over the position (u64) and checksum (u32) of each block, little-endian. */
static uint32_t content_sum(const struct snapshot *snapshot) {
    uint32_t sum = 0;
    for (uint64_t i = 0; i < snapshot->count; i++) {
        unsigned char record[12];
        if (!snapshot->has[i]) continue;
        for (int byte = 0; byte < 8; byte++) record[byte] = (unsigned char)(i >> 8 * byte);
        for (int byte = 0; byte < 4; byte++) record[8 + byte] = (unsigned char)(snapshot->sums[i] >> 8 * byte);
        sum = crc32(sum, record, sizeof record);
    }
    return sum;
}

static struct snapshot *find_snapshot(unsigned number) {
    for (size_t i = 0; number && i < snapshot_count; i++)
        if (snapshots[i].number == number) return &snapshots[i];
    return NULL;
}

static struct image *find_image(unsigned number) {
    for (size_t i = 0; number && i < image_count; i++)
        if (images[i].number == number) return &images[i];
    return NULL;
}

/* ---- Faults ---- */

static struct {
    char request[80];
    uint64_t ordinal;
    char point;
    pid_t pid;
} fault;
static pid_t doomed[4096];
static int doomed_count;

static void gather(pid_t root) {
    static struct {
        pid_t pid, parent;
    } all[32768];
    int count = 0, changed = 1;
    DIR *directory = opendir("/proc");
    if (!directory) die("/proc");
    for (struct dirent *entry; (entry = readdir(directory)) && count < 32768;) {
        char path[64], line[512] = "", *end;
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        snprintf(path, sizeof path, "/proc/%.20s/stat", entry->d_name);
        FILE *file = fopen(path, "re");
        if (!file) continue;
        size_t size = fread(line, 1, sizeof line - 1, file);
        fclose(file);
        line[size] = 0;
        all[count].pid = atoi(entry->d_name);
        end = strrchr(line, ')'); /* the name before it may hold anything */
        if (end && sscanf(end + 1, " %*c %d", &all[count].parent) == 1) count++;
    }
    closedir(directory);
    doomed[0] = root;
    doomed_count = 1;
    while (changed) {
        changed = 0;
        for (int i = 0; i < count; i++) {
            int known = 0, child = 0;
            for (int j = 0; j < doomed_count; j++) {
                known |= doomed[j] == all[i].pid;
                child |= doomed[j] == all[i].parent;
            }
            if (child && !known && doomed_count < 4096) doomed[doomed_count++] = all[i].pid, changed = 1;
        }
    }
}

static void kill_doomed(void) {
    for (int i = 0; i < doomed_count; i++) kill(doomed[i], SIGKILL);
    fault.pid = 0;
}

/* ---- Requests ---- */

struct request {
    char method[8], path[512], *query;
    const unsigned char *body;
    size_t size;
    const char *checksum; /* the header's value, or NULL */
};

struct answer {
    int status;
    struct text body;
};

static struct text request_log;
static uint64_t request_number;
static struct {
    char name[80];
    uint64_t count;
} counters[64];

static uint64_t count(const char *name) {
    for (int i = 0; i < 64; i++) {
        if (!counters[i].name[0]) snprintf(counters[i].name, sizeof counters[i].name, "%s", name);
        if (!strcmp(counters[i].name, name)) return ++counters[i].count;
    }
    return 0;
}

static void refuse(struct answer *answer, int status, const char *code, const char *message) {
    answer->status = status;
    answer->body.size = 0;
    print(&answer->body, "{\"code\":\"%s\",\"message\":\"%s\",\"request_id\":\"r-%" PRIu64 "\"}", code, message, request_number);
}

/* The member of a flat JSON object: 1 and its text without quotes; 0 if it is not there or null. Escapes are refused: no value of
 * this API needs one. */
static int member(const struct request *request, const char *name, char *value, size_t room) {
    const char *at = (const char *)request->body, *end = at + request->size;
    char wanted[64];
    size_t length = (size_t)snprintf(wanted, sizeof wanted, "\"%s\":", name), size = 0;
    const char *found = request->size ? memmem(at, request->size, wanted, length) : NULL;
    value[0] = 0;
    if (!found) return 0;
    for (at = found + length; at < end && *at == ' ';) at++;
    int quoted = at < end && *at == '"';
    for (at += quoted; at < end && (quoted ? *at != '"' : !strchr(",} \n", *at)); at++) {
        if (*at == '\\' || size + 1 >= room) return 0;
        value[size++] = *at;
    }
    value[size] = 0;
    return at < end && (quoted || strcmp(value, "null"));
}

/* The value of one of the query's parameters, "" if it has none. Nothing here needs percent-encoding. */
static const char *parameter(const struct request *request, const char *name) {
    static char values[8][160];
    static int next;
    char *value = values[next = (next + 1) % 8];
    size_t length = strlen(name);
    value[0] = 0;
    for (const char *at = request->query; at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL)
        if (!strncmp(at, name, length) && at[length] == '=') {
            snprintf(value, sizeof values[0], "%.*s", (int)strcspn(at + length + 1, "&"), at + length + 1);
            return value;
        }
    return value;
}

static void show_snapshot(struct text *text, struct snapshot *snapshot) {
    double left = advance(&snapshot->state, &snapshot->stage, &snapshot->since, 3, import_seconds);
    print(text,
          "{\"id\":\"snap-%u\",\"region\":\"%s\",\"publication\":\"%s\",\"state\":\"%s\",\"size\":%" PRIu64
          ",\"block_size\":%d,\"blocks\":%" PRIu64 ",\"progress\":%.2f,\"retry_after_s\":%.1f",
          snapshot->number, snapshot->region, snapshot->publication, state_names[snapshot->state], snapshot->size, BLOCK,
          snapshot->stored, snapshot->state == COMPLETED ? 1.0 : snapshot->stage / 3.0, left);
    if (snapshot->state != UPLOADING) print(text, ",\"content\":\"%08x\"", content_sum(snapshot));
    print(text, "}");
}

static void show_image(struct text *text, struct image *image) {
    double left = advance(&image->state, &image->stage, &image->since, 2, copy_seconds);
    print(text,
          "{\"id\":\"img-%u\",\"name\":\"%s\",\"region\":\"%s\",\"publication\":\"%s\",\"state\":\"%s\",\"public\":%s,"
          "\"progress\":%.2f,\"retry_after_s\":%.1f",
          image->number, image->name, image->region, image->publication, state_names[image->state],
          image->is_public ? "true" : "false", image->state == COMPLETED ? 1.0 : image->stage / 2.0, left);
    if (image->snapshot) print(text, ",\"snapshot\":\"snap-%u\"", image->snapshot);
    if (image->source) print(text, ",\"source\":\"img-%u\"", image->source);
    print(text, "}");
}

static void start_snapshot(const struct request *request, struct answer *answer) {
    char token[160], publication[80], region[40], size[32];
    if (!member(request, "token", token, sizeof token) || !member(request, "publication", publication, sizeof publication) ||
        !member(request, "region", region, sizeof region) || !member(request, "size", size, sizeof size))
        return refuse(answer, 400, "MissingParameter", "token, publication, region and size are needed");
    uint64_t bytes = strtoull(size, NULL, 10);
    if (bytes == 0 || bytes > 1ull << 40) return refuse(answer, 400, "InvalidSize", "size must be 1 byte to 1 TiB");
    struct snapshot *snapshot = NULL;
    for (size_t i = 0; i < snapshot_count; i++)
        if (snapshots[i].number && !strcmp(snapshots[i].token, token)) snapshot = &snapshots[i];
    if (snapshot && (snapshot->size != bytes || strcmp(snapshot->publication, publication)))
        return refuse(answer, 409, "TokenReused", "this token made a snapshot with other parameters");
    if (!snapshot) {
        if (snapshot_count == MAXIMUM) return refuse(answer, 429, "SnapshotLimit", "too many snapshots");
        snapshot = &snapshots[snapshot_count++];
        *snapshot = (struct snapshot){.number = ++last_number, .size = bytes, .count = (bytes + BLOCK - 1) / BLOCK};
        strcpy(snapshot->token, token);
        strcpy(snapshot->publication, publication);
        strcpy(snapshot->region, region);
        snapshot->sums = calloc(snapshot->count, sizeof *snapshot->sums);
        snapshot->has = calloc(snapshot->count, 1);
        if (!snapshot->sums || !snapshot->has) die("memory");
    }
    show_snapshot(&answer->body, snapshot);
}

static void put_block(struct snapshot *snapshot, uint64_t block, const struct request *request, struct answer *answer) {
    uint64_t expected = block + 1 < snapshot->count ? BLOCK : snapshot->size - block * BLOCK;
    if (block >= snapshot->count) return refuse(answer, 400, "BlockOutOfRange", "the snapshot has no such block");
    if (snapshot->state != UPLOADING) return refuse(answer, 409, "NotUploading", "the snapshot takes no more blocks");
    if (request->size != expected) return refuse(answer, 400, "WrongLength", "a block has its length");
    uint32_t sum = crc32(0, request->body, request->size);
    if (!request->checksum || strtoul(request->checksum, NULL, 16) != sum)
        return refuse(answer, 400, "WrongChecksum", "the checksum is not that of the bytes");
    sent_bytes += request->size;
    if (snapshot->has[block]) resent_bytes += request->size;
    snapshot->stored += !snapshot->has[block];
    snapshot->has[block] = 1;
    snapshot->sums[block] = sum;
    append(&answer->body, "{}", 2);
}

static void list_blocks(struct snapshot *snapshot, const struct request *request, struct answer *answer) {
    uint64_t block = strtoull(parameter(request, "from"), NULL, 10);
    int count = 0;
    print(&answer->body, "{\"blocks\":[");
    for (; block < snapshot->count && count < PAGE; block++)
        if (snapshot->has[block]) print(&answer->body, "%s%" PRIu64, count++ ? "," : "", block);
    print(&answer->body, "]");
    if (block < snapshot->count) print(&answer->body, ",\"next\":%" PRIu64, block);
    print(&answer->body, "}");
}

static void complete(struct snapshot *snapshot, const struct request *request, struct answer *answer) {
    char blocks[32];
    if (!member(request, "blocks", blocks, sizeof blocks))
        return refuse(answer, 400, "MissingParameter", "blocks is needed: how many were sent");
    if (snapshot->stored != strtoull(blocks, NULL, 10))
        return refuse(answer, 409, "BlocksMissing", "the snapshot has not that many blocks");
    if (snapshot->state == UPLOADING) snapshot->state = PENDING, snapshot->since = now();
    show_snapshot(&answer->body, snapshot);
}

static void delete_snapshot(struct snapshot *snapshot, struct answer *answer) {
    for (size_t i = 0; i < image_count; i++)
        if (images[i].number && images[i].snapshot == snapshot->number)
            return refuse(answer, 409, "SnapshotInUse", "an image uses this snapshot");
    free(snapshot->sums);
    free(snapshot->has);
    *snapshot = (struct snapshot){0};
    append(&answer->body, "{}", 2);
}

static void new_image(struct answer *answer, struct image image) {
    for (size_t i = 0; i < image_count; i++) {
        struct image *other = &images[i];
        if (!other->number || strcmp(other->region, image.region)) continue;
        if (!strcmp(other->token, image.token) && other->snapshot == image.snapshot && other->source == image.source)
            return show_image(&answer->body, other);
        if (!strcmp(other->name, image.name))
            return refuse(answer, 409, "ImageNameTaken", "another image of this region has that name");
    }
    if (image_count == MAXIMUM) return refuse(answer, 429, "ImageLimit", "too many images");
    image.number = ++last_number;
    image.since = now();
    images[image_count++] = image;
    show_image(&answer->body, &images[image_count - 1]);
}

static void register_image(const struct request *request, struct answer *answer) {
    struct image image = {.state = COMPLETED};
    char id[32];
    if (!member(request, "token", image.token, sizeof image.token) || !member(request, "name", image.name, sizeof image.name) ||
        !member(request, "publication", image.publication, sizeof image.publication) ||
        !member(request, "snapshot", id, sizeof id))
        return refuse(answer, 400, "MissingParameter", "token, name, publication and snapshot are needed");
    struct snapshot *snapshot = strncmp(id, "snap-", 5) ? NULL : find_snapshot((unsigned)atoi(id + 5));
    if (!snapshot) return refuse(answer, 404, "NoSuchSnapshot", "there is no such snapshot");
    if (snapshot->state != COMPLETED) return refuse(answer, 409, "SnapshotPending", "the snapshot is not imported yet");
    image.snapshot = snapshot->number;
    strcpy(image.region, snapshot->region);
    new_image(answer, image);
}

static void copy_image(struct image *source, const struct request *request, struct answer *answer) {
    struct image image = {.state = PENDING, .source = source->number};
    if (!member(request, "token", image.token, sizeof image.token) ||
        !member(request, "region", image.region, sizeof image.region))
        return refuse(answer, 400, "MissingParameter", "token and region are needed");
    strcpy(image.name, source->name);
    strcpy(image.publication, source->publication);
    new_image(answer, image);
}

static void publish_image(struct image *image, const struct request *request, struct answer *answer) {
    char value[8];
    if (!member(request, "public", value, sizeof value)) return refuse(answer, 400, "MissingParameter", "public is needed");
    if (image->state != COMPLETED) return refuse(answer, 409, "ImagePending", "the image is not complete yet");
    image->is_public = !strcmp(value, "true");
    show_image(&answer->body, image);
}

static void delete_image(struct image *image, struct answer *answer) {
    if (image->is_public) return refuse(answer, 409, "ImageIsPublic", "a public image is not deleted");
    for (size_t i = 0; i < alias_count; i++)
        if (aliases[i].image == image->number) return refuse(answer, 409, "ImageInUse", "an alias names this image");
    *image = (struct image){0};
    append(&answer->body, "{}", 2);
}

/* Sets an alias from one image to another, if it still has the first: two writers never undo each other's work unseen. */
static void move_alias(const struct request *request, struct answer *answer) {
    char name[80], region[40], to[32], from[32];
    if (!member(request, "name", name, sizeof name) || !member(request, "region", region, sizeof region))
        return refuse(answer, 400, "MissingParameter", "name and region are needed");
    unsigned wanted = member(request, "to", to, sizeof to) ? (unsigned)atoi(to + 4) : 0;
    unsigned expected = member(request, "from", from, sizeof from) ? (unsigned)atoi(from + 4) : 0;
    struct image *image = find_image(wanted);
    if (wanted && (!image || strcmp(image->region, region))) return refuse(answer, 404, "NoSuchImage", "no such image there");
    struct alias *alias = NULL;
    for (size_t i = 0; i < alias_count; i++)
        if (!strcmp(aliases[i].name, name) && !strcmp(aliases[i].region, region)) alias = &aliases[i];
    if (!alias) {
        if (alias_count == MAXIMUM) return refuse(answer, 429, "AliasLimit", "too many aliases");
        alias = &aliases[alias_count++];
        *alias = (struct alias){.image = 0};
        strcpy(alias->name, name);
        strcpy(alias->region, region);
    }
    if (alias->image != expected) return refuse(answer, 409, "AliasMoved", "the alias names another image");
    alias->image = wanted;
    append(&answer->body, "{}", 2);
}

static int matches(const char *wanted, const char *value) { return !*wanted || !strcmp(wanted, value); }

static void list(const struct request *request, struct answer *answer, const char *what) {
    const char *publication = parameter(request, "publication"), *token = parameter(request, "token");
    const char *region = parameter(request, "region"), *name = parameter(request, "name");
    const char *separator = "";
    print(&answer->body, "{\"%s\":[", what);
    for (size_t i = 0; i < snapshot_count && *what == 's'; i++) {
        struct snapshot *one = &snapshots[i];
        if (!one->number || !matches(publication, one->publication) || !matches(token, one->token) ||
            !matches(region, one->region))
            continue;
        print(&answer->body, "%s", separator), separator = ",";
        show_snapshot(&answer->body, one);
    }
    for (size_t i = 0; i < image_count && *what == 'i'; i++) {
        struct image *one = &images[i];
        if (!one->number || !matches(publication, one->publication) || !matches(region, one->region) ||
            !matches(name, one->name))
            continue;
        print(&answer->body, "%s", separator), separator = ",";
        show_image(&answer->body, one);
    }
    for (size_t i = 0; i < alias_count && *what == 'a'; i++) {
        struct alias *one = &aliases[i];
        if (!one->image || !matches(name, one->name) || !matches(region, one->region)) continue;
        print(&answer->body, "%s{\"name\":\"%s\",\"region\":\"%s\",\"image\":\"img-%u\"}", separator, one->name, one->region,
              one->image);
        separator = ",";
    }
    print(&answer->body, "]}");
}

/* ---- For the tests ---- */

static int is_needed(const struct image *image) {
    for (size_t i = 0; i < alias_count; i++)
        if (aliases[i].image == image->number) return image->is_public;
    return 0;
}

static void show_state(const struct request *request, struct answer *answer) {
    const char *separator = "";
    struct text orphans = {0};
    const char *const kinds[] = {"snapshots", "images", "aliases"};
    struct request everything = *request;
    everything.query = NULL;
    print(&answer->body, "{");
    for (int kind = 0; kind < 3; kind++) {
        struct answer part = {0};
        list(&everything, &part, kinds[kind]);
        append(&answer->body, part.body.bytes + 1, part.body.size - 2);
        print(&answer->body, ",");
        free(part.body.bytes);
    }
    for (size_t i = 0; i < image_count; i++)
        if (images[i].number && images[i].publication[0] && !is_needed(&images[i]))
            print(&orphans, "%s\"img-%u\"", separator, images[i].number), separator = ",";
    for (size_t i = 0; i < snapshot_count; i++) {
        int needed = 0;
        for (size_t j = 0; j < image_count; j++)
            needed |= images[j].number && images[j].snapshot == snapshots[i].number && is_needed(&images[j]);
        if (snapshots[i].number && snapshots[i].publication[0] && !needed)
            print(&orphans, "%s\"snap-%u\"", separator, snapshots[i].number), separator = ",";
    }
    print(&answer->body, "\"orphans\":[");
    append(&answer->body, orphans.bytes ? orphans.bytes : "", orphans.size);
    print(&answer->body, "],\"uploads\":%" PRIu64 ",\"sent_bytes\":%" PRIu64 ",\"resent_bytes\":%" PRIu64 "}", uploads, sent_bytes,
          resent_bytes);
    free(orphans.bytes);
}

static void debug(const struct request *request, struct answer *answer) {
    char value[80];
    if (!strcmp(request->path, "/debug/state")) return show_state(request, answer);
    if (!strcmp(request->path, "/debug/requests")) {
        print(&answer->body, "{\"uploads\":%" PRIu64 ",\"fired\":%s,\"requests\":[", uploads, fault.pid ? "false" : "true");
        append(&answer->body, request_log.bytes ? request_log.bytes : "", request_log.size);
        print(&answer->body, "],\"killed\":[");
        for (int i = 0; i < doomed_count; i++) print(&answer->body, "%s%d", i ? "," : "", doomed[i]);
        print(&answer->body, "]}");
        return;
    }
    if (!strcmp(request->path, "/debug/fault")) {
        member(request, "request", fault.request, sizeof fault.request);
        fault.ordinal = member(request, "ordinal", value, sizeof value) ? strtoull(value, NULL, 10) : 0;
        fault.point = member(request, "point", value, sizeof value) ? value[0] : 'a';
        fault.pid = member(request, "pid", value, sizeof value) ? atoi(value) : 0;
        if (fault.pid <= 1) return refuse(answer, 400, "MissingParameter", "request, ordinal, point and pid are needed");
        append(&answer->body, "{}", 2);
        return;
    }
    if (!strcmp(request->path, "/debug/predecessor")) { /* a public image of somebody's, with an alias */
        struct image image = {.state = COMPLETED, .is_public = 1, .name = "predecessor"};
        if (!member(request, "region", image.region, sizeof image.region) ||
            !member(request, "alias", value, sizeof value) || alias_count == MAXIMUM)
            return refuse(answer, 400, "MissingParameter", "region and alias are needed");
        new_image(answer, image);
        struct alias *alias = &aliases[alias_count++];
        snprintf(alias->name, sizeof alias->name, "%s", value);
        strcpy(alias->region, image.region);
        alias->image = last_number;
        return;
    }
    refuse(answer, 404, "NoSuchPath", "there is no such path");
}

/* ---- HTTP ---- */

/* Executes a request; name receives what faults and counters call it. */
static void execute(const struct request *request, struct answer *answer, const char **name) {
    static char template[544];
    unsigned number;
    uint64_t block;
    int end = 0;
    const char *path = request->path, *method = request->method;
    int get = !strcmp(method, "GET"), post = !strcmp(method, "POST"), put = !strcmp(method, "PUT");
    int delete = !strcmp(method, "DELETE");
    answer->status = 200;
    *name = template;
    template[0] = 0;
#define NAME(text) snprintf(template, sizeof template, "%s %s", method, (text))
#define PATH(pattern) (end = 0, sscanf(path, pattern "%n", &number, &end), end > 0 && !path[end])
    if (put && (sscanf(path, "/snapshots/snap-%u/blocks/%" SCNu64 "%n", &number, &block, &end), end > 0 && !path[end])) {
        NAME("/snapshots/ID/blocks/N");
        struct snapshot *snapshot = find_snapshot(number);
        if (!snapshot) return refuse(answer, 404, "NoSuchSnapshot", "there is no such snapshot");
        return put_block(snapshot, block, request, answer);
    }
    if (!strncmp(path, "/debug/", 7)) return debug(request, answer);
    if (!strcmp(path, "/snapshots") && (get || post)) {
        NAME(path);
        return post ? start_snapshot(request, answer) : list(request, answer, "snapshots");
    }
    if (!strcmp(path, "/images") && (get || post)) {
        NAME(path);
        return post ? register_image(request, answer) : list(request, answer, "images");
    }
    if (!strcmp(path, "/aliases") && (get || put)) {
        NAME(path);
        return put ? move_alias(request, answer) : list(request, answer, "aliases");
    }
    int blocks = get && PATH("/snapshots/snap-%u/blocks"), finish = !blocks && post && PATH("/snapshots/snap-%u/complete");
    if (blocks || finish || (delete && PATH("/snapshots/snap-%u"))) {
        NAME(blocks ? "/snapshots/ID/blocks" : finish ? "/snapshots/ID/complete" : "/snapshots/ID");
        struct snapshot *snapshot = find_snapshot(number);
        if (!snapshot) return refuse(answer, 404, "NoSuchSnapshot", "there is no such snapshot");
        return blocks   ? list_blocks(snapshot, request, answer)
               : finish ? complete(snapshot, request, answer)
                        : delete_snapshot(snapshot, answer);
    }
    int copy = post && PATH("/images/img-%u/copy"), share = !copy && put && PATH("/images/img-%u/public");
    if (copy || share || (delete && PATH("/images/img-%u"))) {
        NAME(copy ? "/images/ID/copy" : share ? "/images/ID/public" : "/images/ID");
        struct image *image = find_image(number);
        if (!image) return refuse(answer, 404, "NoSuchImage", "there is no such image");
        return copy    ? copy_image(image, request, answer)
               : share ? publish_image(image, request, answer)
                       : delete_image(image, answer);
    }
    refuse(answer, 404, "NoSuchPath", "there is no such path");
}

struct client {
    int socket;
    unsigned char *input;
    size_t filled;
    struct text output;
    size_t written;
    int waits; /* for room in the socket's buffer */
};

static int epoll;

static void hang_up(struct client *client) {
    close(client->socket);
    free(client->input);
    free(client->output.bytes);
    free(client);
}

/* Sends what there is to send; 0 when the client is gone. */
static int flush(struct client *client) {
    while (client->written < client->output.size) {
        ssize_t sent = send(client->socket, client->output.bytes + client->written, client->output.size - client->written,
                            MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) return 0;
        if (sent < 0) break;
        client->written += (size_t)sent;
    }
    int waits = client->written < client->output.size;
    if (!waits) client->written = client->output.size = 0;
    if (waits != client->waits) {
        struct epoll_event event = {.events = EPOLLIN | (waits ? EPOLLOUT : 0), .data.ptr = client};
        epoll_ctl(epoll, EPOLL_CTL_MOD, client->socket, &event);
        client->waits = waits;
    }
    return 1;
}

static const char *header(const char *head, const char *end, const char *name) {
    size_t length = strlen(name);
    for (const char *line = head; line < end; line = memchr(line, '\n', (size_t)(end - line)) + 1) {
        if ((size_t)(end - line) > length && !strncasecmp(line, name, length) && line[length] == ':') {
            for (line += length + 1; *line == ' ';) line++;
            return line;
        }
        if (!memchr(line, '\n', (size_t)(end - line))) return NULL;
    }
    return NULL;
}

/* Answers the first request in the buffer: 1 if it was whole, 0 if more has to come, -1 if it is not HTTP or the client is gone. */
static int answer_one(struct client *client) {
    char *head = (char *)client->input, *end = memmem(head, client->filled, "\r\n\r\n", 4);
    struct request request = {.body = NULL};
    struct answer answer = {0};
    const char *name;
    int strikes = 0;
    if (!end) return client->filled > HEAD ? -1 : 0;
    const char *length = header(head, end + 2, "content-length");
    request.size = length ? strtoul(length, NULL, 10) : 0;
    request.body = (unsigned char *)end + 4;
    if (request.size > BODY) return -1;
    size_t whole = (size_t)(end + 4 - head) + request.size;
    if (client->filled < whole) return 0;
    if (sscanf(head, "%7s %511s", request.method, request.path) != 2) return -1;
    request.query = strchr(request.path, '?');
    if (request.query) *request.query++ = 0;
    request.checksum = header(head, end + 2, "x-checksum");

    request_number++;
    execute(&request, &answer, &name);
    if (*name) {
        uint64_t ordinal = count(name);
        int is_upload = !strcmp(name, "PUT /snapshots/ID/blocks/N");
        strikes = fault.pid && ordinal == fault.ordinal && !strcmp(name, fault.request);
        if (is_upload) uploads++;
        else
            print(&request_log, "%s{\"request\":\"%s\",\"ordinal\":%" PRIu64 ",\"status\":%d}", request_log.size ? "," : "", name,
                  ordinal, answer.status);
        if (strikes) gather(fault.pid); /* before the answer: the search takes long enough for a client to do much more */
        if (strikes && fault.point == 'a') {
            kill_doomed();
            free(answer.body.bytes);
            return -1;
        }
    }
    print(&client->output, "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", answer.status,
          answer.body.size);
    append(&client->output, answer.body.bytes, answer.body.size);
    free(answer.body.bytes);
    memmove(client->input, client->input + whole, client->filled -= whole);
    int sent = flush(client);
    if (strikes) kill_doomed();
    return sent ? 1 : -1;
}

static void serve(struct client *client, uint32_t events) {
    if (events & EPOLLIN) {
        ssize_t size = recv(client->socket, client->input + client->filled, HEAD + BODY - client->filled, 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) return hang_up(client);
        client->filled += (size_t)size;
        int status;
        while ((status = answer_one(client)) > 0) {}
        if (status < 0) return hang_up(client);
    } else if (events & EPOLLOUT) {
        if (!flush(client)) hang_up(client);
    } else {
        hang_up(client);
    }
}

int main(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        double value = atof(argv[i + 1]);
        if (!strcmp(argv[i], "--clock")) clock_factor = value;
        else if (!strcmp(argv[i], "--import")) import_seconds = value;
        else if (!strcmp(argv[i], "--copy")) copy_seconds = value;
        else return fprintf(stderr, "toycloud: unknown option %s\n", argv[i]), 2;
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 64) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        die("listen");
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, input = {.events = EPOLLIN, .data.ptr = &input};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) die("epoll");
    int watches_input = epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input) == 0; /* a file cannot be watched, and has no end to wait for */
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event ready[64];
        int count = epoll_wait(epoll, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.ptr == &input) {
                char bytes[64];
                if (watches_input && read(0, bytes, sizeof bytes) <= 0) return 0;
            } else if (ready[i].data.ptr) {
                serve(ready[i].data.ptr, ready[i].events);
            } else {
                int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
                if (accepted < 0) continue;
                struct client *client = calloc(1, sizeof *client);
                if (!client) die("memory");
                client->socket = accepted;
                client->input = grow(NULL, HEAD + BODY + 1);
                setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                struct epoll_event add = {.events = EPOLLIN, .data.ptr = client};
                epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &add);
            }
        }
    }
}
