#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define CLOSE_ON_EXEC 4u /* CLOSE_RANGE_CLOEXEC, Linux 5.11 */

static void limit(int resource, uint64_t bytes) {
    struct rlimit value;
    if (bytes == 0 || getrlimit(resource, &value) < 0) return;
    if (value.rlim_max == RLIM_INFINITY || value.rlim_max > bytes) value.rlim_max = bytes;
    if (value.rlim_cur == RLIM_INFINITY || value.rlim_cur > value.rlim_max) value.rlim_cur = value.rlim_max;
    setrlimit(resource, &value);
}

int eps_program(const char *path, char *const arguments[], char *const environment[], const int descriptors[3],
                const eps_limits *limits, pid_t *child) {
    int held[3], report[2], result = 0;
    pid_t parent = getpid();
    if (pipe2(report, O_CLOEXEC) < 0) return -errno;
    for (int i = 0; i < 3; i++) {
        held[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, 3);
        if (held[i] < 0) result = -errno;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = result ? -1 : fork();
    if (pid == 0) {
        /* Only what is safe between fork and exec in a process of many threads. */
        struct sigaction action = {.sa_handler = SIG_DFL};
        for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
        sigemptyset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        int bad = getppid() != parent; /* it died before that was asked for */
        for (int i = 0; i < 3; i++) bad |= dup2(held[i], i) < 0;
        if (syscall(SYS_close_range, 3u, ~0u, CLOSE_ON_EXEC) < 0)
            for (int i = 3; i < 4096; i++) fcntl(i, F_SETFD, FD_CLOEXEC);
        limit(RLIMIT_CORE, 1);
        limit(RLIMIT_AS, limits->memory);
        limit(RLIMIT_FSIZE, limits->file);
        if (!bad) execve(path, arguments, environment);
        int reason = errno;
        if (write(report[1], &reason, sizeof reason) < 0) {
        }
        _exit(127);
    }
    if (!result && pid < 0) result = -errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    for (int i = 0; i < 3; i++)
        if (held[i] >= 0) close(held[i]);
    int reason;
    if (!result) {
        ssize_t got;
        do got = read(report[0], &reason, sizeof reason);
        while (got < 0 && errno == EINTR);
        if (got == sizeof reason) {
            waitpid(pid, NULL, 0);
            result = reason ? -reason : -ECHILD;
        }
    }
    close(report[0]);
    if (!result) *child = pid;
    return result;
}

int eps_wait_unreaped(pid_t child) {
    siginfo_t info;
    int result;
    do result = waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}
