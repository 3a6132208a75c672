/* What Swift cannot say about Linux: variadic calls, control messages, BPF, signal contexts. No policy lives here.
 * Functions return 0 or a count on success and a negative errno on failure, unless their comment says otherwise.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef EULERPUBLISHER_CSYSTEM_H
#define EULERPUBLISHER_CSYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Sockets and descriptors ---- */
int eps_socketpair(int descriptors[2]);
int eps_pipe(int descriptors[2]);
int eps_nonblocking(int descriptor);
/* Seconds after which a blocked send gives up with EAGAIN. */
int eps_send_timeout(int descriptor, int seconds);
/* Sends all of it; the descriptors (at most 8) travel with the first byte. Never raises SIGPIPE. */
int eps_send(int socket, const void *data, size_t size, const int *descriptors, int count);
/* Bytes received, 0 at the end. count: room in descriptors (8) in, received out; they are close-on-exec. */
ssize_t eps_receive(int socket, void *buffer, size_t size, int *descriptors, int *count);
/* recv without control messages and without waiting. */
ssize_t eps_receive_now(int socket, void *buffer, size_t size);
/* 0 becomes /dev/null; returns the socket's new number, close-on-exec. */
int eps_move_socket(void);
/* 1 once the peer is gone; waits at most that many milliseconds for it. */
int eps_hung_up(int socket, int milliseconds);
int eps_open_read(const char *path);
/* The same of a regular file or a block device, without waiting; -EMEDIUMTYPE if it is neither. */
int eps_open_disk(const char *path);

/* ---- Processes ---- */
/* Starts path in a process group of its own with exactly three descriptors: 0 the socket, 1 and 2 as given. */
int eps_spawn(const char *path, char *const arguments[], char *const environment[], int socket, int output, int errors,
              pid_t *child);
/* Bytes of address space and of each file that a program may have; 0: as many as this process. */
typedef struct eps_limits {
    uint64_t memory, file;
} eps_limits;
/* Starts another's program in a process group of its own with exactly three descriptors, without core dumps. The kernel
 * kills it when the calling thread ends, which therefore waits for it: that it outlives nobody holds after SIGKILL too.
 * -errno also when it can't be executed. */
int eps_program(const char *path, char *const arguments[], char *const environment[], const int descriptors[3],
                const eps_limits *limits, pid_t *child);
/* Waits until the child ends, and leaves its number taken until it is collected. */
int eps_wait_unreaped(pid_t child);
int eps_become_subreaper(void);
/* Collects the child without waiting: 1 and *status, 0 if it still runs, negative errno. */
int eps_collect(pid_t child, int *status);
int eps_status_signal(int status); /* 0 if it exited */
int eps_status_exit(int status);
/* Kills every descendant of root found in /proc and reports how many are left to die; direct children count only if they
 * carry mark (see eps_mark), 0: any. With collect, those that became the caller's own children are reaped. Never waits. */
int eps_kill_descendants(pid_t root, uint32_t mark, int collect);
/* Marks this process and all that it will ever start, so that the host knows an orphan of a dead worker from a child
 * of its own: the soft limit of POSIX message queue bytes, which nothing here uses, is inherited by fork and kept by
 * exec and
 * setsid. */
int eps_mark(uint32_t mark);
const char *eps_signal_name(int number);
/* Nanoseconds of processor time that a process has used. */
int64_t eps_processor_time(pid_t pid);
/* Has a process run on one processor, or (-1) again on all that this one may use. */
int eps_run_on(pid_t pid, int processor);
/* From now on SIGINT, SIGTERM and SIGHUP end nothing: each is one byte, its number, in the pipe whose reading end this
 * returns. By handlers, since a mask would not hold: libdispatch parks the first thread with all signals open. */
int eps_catch_signals(void);

/* ---- Hardening of this process ---- */
int eps_no_dumps(void);
int eps_no_new_privileges(void);
/* The kernel kills the calling thread's process when its parent dies, or (0) no longer. */
int eps_die_with_parent(int yes);
int eps_limit_memory(uint64_t bytes);
int eps_limit_processes_files(void);
/* Bytes of address space that this process and what it starts may have; the largest number: no limit. */
uint64_t eps_address_space(void);

/* ---- seccomp ---- */
/* Refuses programs, processes, tracing and io_uring with EPERM for all threads; also sockets if asked. */
int eps_seccomp(int refuse_sockets);
int eps_seccomp_available(void);
/* Has the calls that wait for a disk (fsync, sync and the like) do nothing and succeed, for the calling thread and all that it
 * starts. It must have CAP_SYS_ADMIN in its user namespace. */
int eps_ignore_syncs(void);
/* How often the filter refused something so far. */
uint32_t eps_refusals(void);
/* The name of the system call refused last ("execve"), or "". */
const char *eps_last_refusal(void);

/* ---- Landlock, for the calling thread and those that it starts ---- */
int eps_landlock_abi(void); /* 0: none */
int eps_landlock_begin(int abi, int any_port);
/* access: 0 read files and list directories, 1 all but execute, 2 read files only. */
int eps_landlock_path(int ruleset, int abi, const char *path, int access);
int eps_landlock_port(int ruleset, uint16_t port);
int eps_landlock_enforce(int ruleset);

/* ---- Files and time ---- */
typedef struct eps_identity {
    uint64_t device, inode, size;
    int64_t modified; /* nanoseconds since 1970 UTC */
} eps_identity;
int eps_identity_of(const char *path, eps_identity *identity);
/* Size in bytes of a file or a block device. */
int64_t eps_size(int descriptor);
/* The piece that begins at offset: 1 data, 2 hole and *length; 0 at the end. */
int eps_extent(int descriptor, uint64_t offset, uint64_t *length);
/* Copies a range inside the kernel, shared where the file system can: bytes copied, less than length maybe, 0 at the end. */
ssize_t eps_copy_range(int from, int to, uint64_t offset, size_t length);
/* Makes a range of a file zero: a hole where the file system has holes, else written where there was data. */
int eps_clear(int descriptor, uint64_t offset, uint64_t length);
int64_t eps_now(void);       /* nanoseconds since 1970 UTC */
int64_t eps_monotonic(void); /* nanoseconds */
/* A descriptor that becomes readable when the process ends; -errno where the kernel has none (before 5.3). */
int eps_process_descriptor(pid_t pid);
int eps_random(void *buffer, size_t size);

/* ---- A guest's file system, mounted in a namespace of its own ---- */
/* Puts this process, which has one thread, into namespaces of its own for mounts and processes, as their first. A byte on the
 * socket says which: u, and of its own for users as well: it says a byte when they can be mapped, and waits for one; r, and it
 * stays this machine's root. The process that it was ends with it. */
int eps_enter_namespaces(int socket);
/* All users of this machine to themselves, for root: the same ids, and no power outside the namespace. */
int eps_map_all_ids(pid_t pid);
/* open(2) of a path as the guest means it: its symbolic links lead inside root, an open directory. */
int eps_open_in_root(int root, const char *path, int flags, unsigned mode);
/* The same without opening what is there: for its status. */
int eps_look_in_root(int root, const char *path);
/* A folder as such a root. */
int eps_open_root(const char *path);
int eps_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);
int eps_bind(const char *source, const char *target);
int eps_read_only(const char *target); /* a bind of something under /proc */
/* A loop device on a part of a file, cleared when nobody has it open or mounted; its node is made in folder, as loopNUMBER.
 * An open descriptor, or a negative error. */
int eps_loop(int file, uint64_t offset, uint64_t size, const char *folder, int *number);
/* What this process mounts from now on is seen by itself and its children alone. */
int eps_mounts_private(void);
/* later: as soon as nobody uses it. */
int eps_unmount(const char *target, int later);
/* Starts a program of the guest that sees root, which must be a mount, and nothing else of this machine's files; in a
 * process group of its own; output gets both its streams. It ends with 127 if it is not there, 126 if it cannot be run. */
int eps_spawn_in_root(const char *root, const char *path, char *const arguments[], char *const environment[], int input,
                      int output, pid_t *child);

/* ---- Terminals ---- */
int eps_terminal_width(int descriptor); /* columns; 0: not a terminal */

/* ---- Flags that several threads share without a lock ---- */
int eps_flag_get(const int *flag);
void eps_flag_set(int *flag);

#ifdef __cplusplus
}
#endif
#endif
