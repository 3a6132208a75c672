/* EulerPublisher provider ABI, version 1.
 *
 * A provider is a shared library that exports one function, eulerpublisher_provider_v1. It runs in a worker process of
 * its own: one process a job. Control crosses as C, documents cross as UTF-8 JSON: the schemas stand beside this header.
 *
 * Rules that hold everywhere
 *   - Nobody frees the other's memory. An input lives until the call returns; a result goes through a sink.
 *   - Strings are UTF-8, given with their size in bytes and not zero-terminated, unless the comment says so. A pointer
 *     may be NULL where its size is 0.
 *   - A struct begins with ep_header. A reader copies min(its size, the writer's size) into a zeroed struct, so fields
 *     are only ever appended and a missing function reads as NULL. A struct that the caller lends to be filled says in
 *     its header how much of it there is. Reserved fields are zero.
 *   - Unknown status codes, flags and log levels must be tolerated: a status that a reader does not know is
 *     EP_INTERNAL.
 *   - Threads: [any] may be called from any thread, from the beginning of open to the end of close; [call] only from
 *     the thread that the call which brought the pointer was made on, until that call returns; [host] is called by the
 *     worker, one call at a time in the whole process, on a thread of its own with 8 MiB of stack, never on the
 *     process's first.
 *   - No errno, no signal, no locale and no C++ exception crosses. LP64 platforms only, in the machine's byte order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef EULERPUBLISHER_PROVIDER_H
#define EULERPUBLISHER_PROVIDER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EP_ABI_MAJOR 1
#define EP_ABI_MINOR 0

#if defined(__GNUC__)
#define EP_EXPORT __attribute__((visibility("default")))
#else
#define EP_EXPORT
#endif

/* The ELF section that holds the embedded manifest. The host reads it without loading the library. */
#define EP_MANIFEST_SECTION ".eulerpublisher.manifest"

/* Embeds FILE (a string literal, relative to the compiler's working directory) as SYMBOL and SYMBOL_end.
 * For compilers without #embed; works with gcc and clang on ELF systems. */
#define EP_EMBED_MANIFEST(symbol, file)                                                                               \
    __asm__(".pushsection " EP_MANIFEST_SECTION ",\"a\",%progbits\n"                                                   \
            ".hidden " #symbol "\n.global " #symbol "\n" #symbol ":\n.incbin \"" file "\"\n"                           \
            ".hidden " #symbol "_end\n.global " #symbol "_end\n" #symbol "_end:\n.popsection\n");                      \
    extern const char symbol[];                                                                                       \
    extern const char symbol##_end[]

/* ---- Limits, in bytes where nothing else is said. More is refused with EP_INVALID, or cut where it says so. ---- */
#define EP_LIMIT_DOCUMENT 4194304u /* 4 MiB: one JSON document */
#define EP_LIMIT_DEPTH 64u         /* levels of nesting in one */
#define EP_LIMIT_CHECKPOINT 65536u /* 64 KiB: one checkpoint record */
#define EP_LIMIT_KEY 256u          /* a checkpoint or cache key, at least 1 */
#define EP_LIMIT_CACHE 1048576u    /* 1 MiB: one cache value */
#define EP_LIMIT_LOG 16384u        /* 16 KiB: one log message; longer ones are cut */
#define EP_LIMIT_STEP 1024u        /* the step's name in progress; longer ones are cut */
#define EP_LIMIT_NAME 256u         /* the name of a secret, a declared file, or a file of the artifact */
#define EP_LIMIT_PATH 4096u        /* a path in the guest's tree */
#define EP_LIMIT_SECRET 65536u     /* 64 KiB: one secret, handed out or told by redact, at least 1 */
#define EP_LIMIT_FILE 1048576u     /* 1 MiB: what file_read writes */
#define EP_LIMIT_HELPER 1048576u   /* 1 MiB: what run_helper writes */
#define EP_LIMIT_IMAGE 16777216u   /* 16 MiB: what image_read or image_list writes */
#define EP_LIMIT_SLEEP 10u         /* seconds that a provider waits for its vendor before it returns EP_PENDING */

/* ---- Status: what every call returns. Values are stable; the host maps them to exit statuses. ---- */
typedef int32_t ep_status;
#define EP_OK 0            /* done */
#define EP_INTERNAL 1      /* a defect of the provider or the host */
#define EP_INVALID 2       /* the request or a document is wrong */
#define EP_AUTH 3          /* who are you: no or wrong credentials */
#define EP_DENIED 4        /* known, but not allowed */
#define EP_NOT_FOUND 5     /* what was asked for is not there */
#define EP_CONFLICT 6      /* something else stands there already */
#define EP_QUOTA 7         /* the account's quota is used up */
#define EP_RATE_LIMITED 8  /* too many requests; retry_after_s in the error document */
#define EP_NETWORK 9       /* the peer could not be reached, or the transfer broke */
#define EP_TIMEOUT 10      /* the peer did not answer in time */
#define EP_CANCELLED 11    /* the host asked to stop, and the provider did */
#define EP_UNSUPPORTED 12  /* this provider or host cannot do that */
#define EP_REFUSED 13      /* the vendor refuses; retryable false in the document: this content, for good */
#define EP_PENDING 14      /* invoke only: not done yet; the sink holds a pending document */

typedef struct ep_header {
    uint32_t size;      /* sizeof the struct as its writer knew it */
    uint16_t abi_major; /* EP_ABI_MAJOR */
    uint16_t abi_minor; /* EP_ABI_MINOR */
} ep_header;

/* Opaque: only its owner looks inside. */
typedef struct ep_instance ep_instance;         /* the provider's */
typedef struct ep_host_context ep_host_context; /* the host's */
typedef struct ep_sink_context ep_sink_context; /* whoever made the sink */

/* Where a result goes: made by whoever wants the result, alive until the call that took it returns. write may be
 * called several times; the pieces are joined. */
typedef struct ep_sink {
    ep_header header;
    ep_sink_context *context;
    /* [call] Returns EP_OK, or EP_INVALID once the limit is passed: the piece is then dropped. */
    ep_status (*write)(ep_sink_context *context, const void *data, uint64_t size);
} ep_sink;

/* ---- Host services ---- */

#define EP_LOG_DEBUG 0
#define EP_LOG_INFO 1
#define EP_LOG_WARNING 2
#define EP_LOG_ERROR 3

#define EP_CHECKPOINT_PUT 0u     /* the newest record of a key replaces the older */
#define EP_CHECKPOINT_APPEND 1u  /* every record of the key is kept, in order */
#define EP_CHECKPOINT_BARRIER 2u /* durable before the call returns; else within a second */

#define EP_EXTENT_HOLE 1u /* reads as zeros; no bytes are stored */

/* One piece of the artifact, as artifact_next_extent reports it. Offsets and lengths in bytes. The caller sets
 * header. */
typedef struct ep_extent {
    ep_header header;
    uint64_t offset;
    uint64_t length;
    uint32_t flags; /* EP_EXTENT_* */
    uint32_t reserved;
} ep_extent;

/* One file of the guest's tree, as image_stat reports it. Symlinks are not followed. The caller sets header. */
typedef struct ep_image_stat {
    ep_header header;
    uint64_t size; /* bytes; of a symlink, of its target's name */
    uint32_t mode; /* type and permission bits, as in POSIX st_mode */
    uint32_t uid;
    uint32_t gid;
    uint32_t reserved;
    int64_t mtime; /* seconds since 1970 UTC */
} ep_image_stat;

/* Lives from the beginning of open to the end of close; its functions stay callable until the process ends, so that a
 * provider's own thread that is late does no harm. Once the host is gone, a call that waits for it returns
 * EP_CANCELLED. */
typedef struct ep_host {
    ep_header header;
    ep_host_context *context;

    /* [any] Writes one line to the run's log. Secrets that the host handed out or was told by redact are masked. */
    void (*log)(ep_host_context *context, int32_t level, const char *message, uint64_t size);

    /* [any] Tells how far the step is: bytes or items done of total (0: unknown), and the step's name. May go back. A
     * sign of life: a worker that gives none for the manifest's inactivity_s is ended. */
    void (*progress)(ep_host_context *context, uint64_t done, uint64_t total, const char *step, uint64_t size);

    /* [any] 1 once the host wants the call to end. Cheap: ask at least once a second. A provider that has not
     * returned 4 s later is ended. */
    int32_t (*cancelled)(ep_host_context *context);

    /* [any] Stores a record under key (EP_LIMIT_KEY, EP_LIMIT_CHECKPOINT). Tied to provider, revision, artifact
     * digest and target. The remote is the truth and a checkpoint a hint: a provider must end in the same state
     * without it. EP_INVALID also for a record that holds a secret. */
    ep_status (*checkpoint)(ep_host_context *context, const char *key, uint64_t key_size, const void *data,
                            uint64_t size, uint32_t flags);

    /* [any] Hands the records that were stored before this process to visit, oldest first: of a key that was put the
     * newest, of a key that was appended to all. Stops when visit returns other than EP_OK, and returns that. key and
     * data live until visit returns. */
    ep_status (*checkpoint_replay)(ep_host_context *context, ep_sink_context *visitor,
                                   ep_status (*visit)(ep_sink_context *visitor, const char *key, uint64_t key_size,
                                                      const void *data, uint64_t size));

    /* [any] Before a mutating request: an intent document {kind, region, find}. Durable when the call returns. */
    ep_status (*intend)(ep_host_context *context, const char *document, uint64_t size, uint64_t *intent);

    /* [any] After it: a created document {id, region, undo}. Durable when the call returns. The resource belongs to
     * the run until settled: cleanup removes it. */
    ep_status (*created)(ep_host_context *context, uint64_t intent, const char *document, uint64_t size);

    /* [any] The resource is wanted (or the intent came to nothing): cleanup never touches it. Durable likewise. */
    ep_status (*settled)(ep_host_context *context, uint64_t intent);

    /* [any] Writes the secret of that name, declared in the manifest, to sink. expires (may be NULL) receives seconds
     * since 1970 UTC, or 0 if the host knows no end. Ask again after it. EP_AUTH if the host has none, EP_DENIED if
     * it is not declared. */
    ep_status (*secret)(ep_host_context *context, const char *name, uint64_t size, const ep_sink *sink,
                        int64_t *expires);

    /* [any] Registers a derived secret (token, signature, pre-signed URL): when it returns, the host masks it. */
    ep_status (*redact)(ep_host_context *context, const char *secret, uint64_t size);

    /* [any] Writes a declared file's content to sink: name is the manifest's name of it, not a path. EP_DENIED if it
     * is not declared, EP_NOT_FOUND if it cannot be read. */
    ep_status (*file_read)(ep_host_context *context, const char *name, uint64_t size, const ep_sink *sink);

    /* [any] Lets the host run a declared helper program, without a shell: a helper document {name, arguments, input};
     * its standard output goes to sink. EP_DENIED if it is not declared, EP_UNSUPPORTED if this machine has no such
     * program, EP_NOT_FOUND if it ended with another status than 0 and the words "credentials not found", as
     * credential helpers do that have none, EP_AUTH if it ended with another status otherwise, said too much or took
     * too long. */
    ep_status (*run_helper)(ep_host_context *context, const char *document, uint64_t size, const ep_sink *sink);

    /* [any] Nanoseconds since 1970 UTC, as the host's clock has it. */
    int64_t (*clock_now)(ep_host_context *context);

    /* [any] Fills buffer from the kernel's random source. */
    ep_status (*random)(ep_host_context *context, void *buffer, uint64_t size);

    /* [any] The losable cache, kept across runs, one namespace a provider. EP_NOT_FOUND if absent. A value that there is
     * no room for is not kept, and no error. A value that holds a secret is kept in the host's memory, for the rest of
     * the run alone. */
    ep_status (*cache_get)(ep_host_context *context, const char *key, uint64_t size, const ep_sink *sink);
    ep_status (*cache_put)(ep_host_context *context, const char *key, uint64_t key_size, const void *data,
                           uint64_t size);

    /* [any] View `file`: a read-only descriptor of one of the artifact's files; an empty name means its only file. A
     * container image's files are its blobs, named by digest ("sha256:..."). The caller closes it. Its position is
     * its own; read with pread. EP_NOT_FOUND if the artifact has no file of that name. */
    ep_status (*artifact_open)(ep_host_context *context, const char *name, uint64_t size, int32_t *descriptor);

    /* [any] View `blocks`: the artifact as a raw disk. artifact_size is 0 without that view. artifact_read returns
     * bytes read (short only at the end, 0 there) or -1; it reads holes as zeros. artifact_next_extent reports the
     * extent that begins at offset: a hole, or a piece with bytes; EP_NOT_FOUND at the end, EP_UNSUPPORTED without
     * that view. */
    uint64_t (*artifact_size)(ep_host_context *context);
    int64_t (*artifact_read)(ep_host_context *context, uint64_t offset, void *buffer, uint64_t size);
    ep_status (*artifact_next_extent)(ep_host_context *context, uint64_t offset, ep_extent *extent);

    /* [any] View `tree`, in ep.check only, else EP_UNSUPPORTED: the guest's files by absolute path (EP_LIMIT_PATH).
     * image_list writes names, each ended by a zero byte. image_read writes at most limit bytes; of a symlink, the
     * target. EP_NOT_FOUND if there is nothing at that path. */
    ep_status (*image_stat)(ep_host_context *context, const char *path, uint64_t size, ep_image_stat *stat);
    ep_status (*image_read)(ep_host_context *context, const char *path, uint64_t size, uint64_t limit,
                            const ep_sink *sink);
    ep_status (*image_list)(ep_host_context *context, const char *path, uint64_t size, const ep_sink *sink);

    /* [any] Host extensions by id ("ep.name/1", "com.example.name/1"); NULL if unknown. What it returns lives for
     * ever. */
    const void *(*extension)(ep_host_context *context, const char *id_zero_terminated);
} ep_host;

/* ---- The provider ---- */

/* Operations are ids with a revision. A provider's manifest states which it has; the host never assumes.
 * Third parties add ids of their own under a reverse domain: com.example.audit/1. */
#define EP_OP_REQUIREMENTS "ep.requirements/1"
#define EP_OP_CHECK "ep.check/1"
#define EP_OP_PLAN "ep.plan/1"
#define EP_OP_UPLOAD "ep.upload/1"
#define EP_OP_REGISTER "ep.register/1"
#define EP_OP_VERIFY "ep.verify/1"
#define EP_OP_DISTRIBUTE "ep.distribute/1"
#define EP_OP_RELEASE "ep.release/1"
#define EP_OP_INVENTORY "ep.inventory/1"
#define EP_OP_UNDO "ep.undo/1"
#define EP_OP_STATUS "ep.status/1"
#define EP_OP_RETIRE "ep.retire/1"
#define EP_OP_FETCH "ep.fetch/1"
#define EP_OP_MARKETPLACE_CHECK "ep.marketplace.check/1"
#define EP_OP_MARKETPLACE_SUBMIT "ep.marketplace.submit/1"

/* The provider's table: never changed after the entry function returned it, and never freed. */
typedef struct ep_provider {
    ep_header header;
    const char *id;             /* zero-terminated, lives for ever; equals the manifest's id */
    const char *version;        /* zero-terminated, lives for ever; equals the manifest's version */
    const char *manifest;       /* the embedded manifest: what lies in EP_MANIFEST_SECTION; lives for ever */
    uint64_t manifest_size;

    /* [host] Makes an instance. host lives until close returns; configuration is a JSON object that the host has
     * validated against the manifest's configuration schema. No network here. On failure *instance is left alone,
     * close is not called, and the sink holds an error document, or nothing. */
    ep_status (*open)(const ep_host *host, const char *configuration, uint64_t size, ep_instance **instance,
                      const ep_sink *sink);

    /* [host] Ends it; called once, after the last invoke. Threads of the provider's own have ended, or end
     * with the process. */
    void (*close)(ep_instance *instance);

    /* [host] Does one operation. operation is zero-terminated. EP_OK: the sink holds the result document. EP_PENDING:
     * a pending document {resume_after_s, note, progress}; the host calls the same operation again later, in a new
     * process. Anything else: an error document, or nothing. EP_UNSUPPORTED for an id that it does not know. Never
     * waits longer than EP_LIMIT_SLEEP for its vendor: return EP_PENDING instead. */
    ep_status (*invoke)(ep_instance *instance, const char *operation, const char *request, uint64_t size,
                        const ep_sink *sink);

    /* [host] Provider extensions by id; NULL if unknown; what it returns lives for ever. May itself be NULL. */
    const void *(*extension)(const char *id_zero_terminated);
} ep_provider;

/* [host] The one exported symbol. No side effects, no threads, no output; may be called twice and returns the same
 * pointer. The library is never unloaded. */
EP_EXPORT const ep_provider *eulerpublisher_provider_v1(void);

#ifdef __cplusplus
}
#endif
#endif
