#define _GNU_SOURCE
#include "CSystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int eps_spawn(const char *path, char *const arguments[], char *const environment[], int socket, int output, int errors,
              pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    /* The source of a dup2 must not be one of its targets: a host without a stdin may hold such numbers. */
    int held[3] = {fcntl(socket, F_DUPFD_CLOEXEC, 3), fcntl(output, F_DUPFD_CLOEXEC, 3),
                   fcntl(errors, F_DUPFD_CLOEXEC, 3)};
    int result = held[0] < 0 || held[1] < 0 || held[2] < 0 ? errno : 0;
    if (!result) {
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        for (int i = 0; i < 3; i++) posix_spawn_file_actions_adddup2(&actions, held[i], i);
        posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setsigmask(&attributes, &none);
        result = posix_spawn(child, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }
    for (int i = 0; i < 3; i++)
        if (held[i] >= 0) close(held[i]);
    return -result;
}

int eps_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? -errno : 0; }

int eps_collect(pid_t child, int *status) {
    pid_t ended;
    do ended = waitpid(child, status, WNOHANG);
    while (ended < 0 && errno == EINTR);
    return ended < 0 ? -errno : ended == child;
}

int eps_status_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
int eps_status_exit(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 0; }

int eps_mark(uint32_t mark) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_MSGQUEUE, &limit) < 0) return -errno;
    limit.rlim_cur = mark;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < mark) return -EINVAL;
    return setrlimit(RLIMIT_MSGQUEUE, &limit) < 0 ? -errno : 0;
}

struct entry {
    pid_t pid, parent;
    char state;
    int doomed;
};

static int read_entry(const char *name, struct entry *entry) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%s/stat", name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0) return 0;
    text[size] = 0;
    char *end = strrchr(text, ')'); /* the name before it may hold anything */
    *entry = (struct entry){.pid = atoi(name)};
    return end && sscanf(end + 1, " %c %d", &entry->state, &entry->parent) == 2;
}

static int carries(pid_t pid, uint32_t mark) {
    struct rlimit limit;
    return mark == 0 || (prlimit(pid, RLIMIT_MSGQUEUE, NULL, &limit) == 0 && limit.rlim_cur == mark);
}

int eps_kill_descendants(pid_t root, uint32_t mark, int collect) {
    size_t count = 0, room = 0;
    struct entry *entries = NULL;
    DIR *directory = opendir("/proc");
    if (!directory) return -errno;
    for (struct dirent *item; (item = readdir(directory));) {
        if (item->d_name[0] < '1' || item->d_name[0] > '9') continue;
        if (count == room) {
            struct entry *larger = realloc(entries, (room = room ? room * 2 : 256) * sizeof *entries);
            if (!larger) break;
            entries = larger;
        }
        if (read_entry(item->d_name, &entries[count])) count++;
    }
    closedir(directory);
    int killed = 0, changed = 1;
    for (size_t i = 0; i < count; i++)
        entries[i].doomed = entries[i].parent == root && carries(entries[i].pid, mark);
    while (changed) {
        changed = 0;
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; !entries[i].doomed && j < count; j++)
                if (entries[j].doomed && entries[j].pid == entries[i].parent) entries[i].doomed = changed = 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (!entries[i].doomed) continue;
        /* Also what shows as a zombie: that may be a first thread that ended while others run on. */
        kill(entries[i].pid, SIGKILL);
        int gone = entries[i].state == 'Z';
        if (collect && entries[i].parent == root) gone = waitpid(entries[i].pid, NULL, WNOHANG) != 0;
        killed += !gone;
    }
    free(entries);
    return killed;
}

static int caught = -1; /* where the handler writes */

static void catch_signal(int number) {
    int error = errno;
    unsigned char byte = (unsigned char)number;
    if (write(caught, &byte, 1) < 0) { /* a full pipe holds enough of them */
    }
    errno = error;
}

int eps_catch_signals(void) {
    int ends[2];
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = catch_signal, .sa_flags = SA_RESTART};
    if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0) return -errno;
    caught = ends[1];
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sigaction(numbers[i], &action, NULL) < 0) return -errno;
    return ends[0];
}

const char *eps_signal_name(int number) {
    const char *name = sigabbrev_np(number);
    return name ? name : "?";
}

int64_t eps_processor_time(pid_t pid) {
    clockid_t clock;
    struct timespec time;
    int error = clock_getcpuclockid(pid, &clock);
    if (error) return -error;
    return clock_gettime(clock, &time) < 0 ? -errno : (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int eps_run_on(pid_t pid, int processor) {
    cpu_set_t set;
    if (processor < 0) {
        if (sched_getaffinity(0, sizeof set, &set) < 0) return -errno;
    } else {
        if (processor >= CPU_SETSIZE) return -EINVAL;
        CPU_ZERO(&set);
        CPU_SET(processor, &set);
    }
    return sched_setaffinity(pid, sizeof set, &set) < 0 ? -errno : 0;
}

int eps_no_dumps(void) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) < 0) return -errno;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int eps_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0; }
int eps_die_with_parent(int yes) { return prctl(PR_SET_PDEATHSIG, yes ? SIGKILL : 0, 0, 0, 0) < 0 ? -errno : 0; }

int eps_limit_memory(uint64_t bytes) {
    struct rlimit limit = {bytes, bytes};
    return setrlimit(RLIMIT_AS, &limit) < 0 ? -errno : 0;
}

int eps_limit_processes_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    if (limit.rlim_max > 4096) limit.rlim_max = 4096;
    limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static int64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
int64_t eps_now(void) { return nanoseconds(CLOCK_REALTIME); }
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

int eps_process_descriptor(pid_t pid) {
    long descriptor = syscall(SYS_pidfd_open, pid, 0);
    return descriptor < 0 ? -errno : (int)descriptor; /* closed on exec by its nature */
}

int64_t eps_monotonic(void) { return nanoseconds(CLOCK_MONOTONIC); }

int eps_random(void *buffer, size_t size) {
    char *next = buffer;
    while (size > 0) {
        ssize_t got = getrandom(next, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        next += got;
        size -= (size_t)got;
    }
    return 0;
}

int eps_flag_get(const int *flag) { return __atomic_load_n(flag, __ATOMIC_ACQUIRE); }
void eps_flag_set(int *flag) { __atomic_store_n(flag, 1, __ATOMIC_RELEASE); }

uint64_t eps_address_space(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_AS, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}
