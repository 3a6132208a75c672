#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

int eps_open_in_root(int root, const char *path, int flags, unsigned mode) {
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                           .mode = flags & O_CREAT ? mode : 0,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    long result;
    do result = syscall(SYS_openat2, root, path, &how, sizeof how);
    while (result < 0 && (errno == EINTR || errno == EAGAIN));
    return result < 0 ? -errno : (int)result;
}

int eps_look_in_root(int root, const char *path) { return eps_open_in_root(root, path, O_PATH, 0); }

int eps_open_root(const char *path) {
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return root < 0 ? -errno : root;
}

int eps_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    return mount(source, target, type, flags, data) < 0 ? -errno : 0;
}

int eps_bind(const char *source, const char *target) { return eps_mount(source, target, NULL, MS_BIND | MS_REC, NULL); }

int eps_read_only(const char *target) {
    return eps_mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

int eps_loop(int file, uint64_t offset, uint64_t size, const char *folder, int *number) {
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return -errno;
    int result = -EBUSY;
    /* Another may take a device between the question and its use. */
    for (int attempt = 0; attempt < 64 && result == -EBUSY; attempt++) {
        char path[4096];
        *number = ioctl(control, LOOP_CTL_GET_FREE);
        result = *number < 0 ? -errno : 0;
        if (result < 0) break;
        snprintf(path, sizeof path, "%s/loop%d", folder, *number);
        if (mknod(path, S_IFBLK | 0600, makedev(7, (unsigned)*number)) < 0 && errno != EEXIST) {
            result = -errno;
            break;
        }
        int device = open(path, O_RDWR | O_CLOEXEC);
        if (device < 0) {
            result = -errno;
            break;
        }
        struct loop_config how = {.fd = (uint32_t)file,
                                  .info = {.lo_offset = offset, .lo_sizelimit = size, .lo_flags = LO_FLAGS_AUTOCLEAR}};
        result = ioctl(device, LOOP_CONFIGURE, &how) < 0 ? -errno : device;
        if (result < 0) close(device);
    }
    close(control);
    return result;
}

int eps_mounts_private(void) { return eps_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL); }

int eps_unmount(const char *target, int later) { return umount2(target, later ? MNT_DETACH : 0) < 0 ? -errno : 0; }

/* In the child: no return, and nothing but system calls, since other threads of the parent may hold locks. */
static void run_in_root(const char *root, const char *path, char *const arguments[], char *const environment[],
                        int input, int output) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    setpgid(0, 0);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(126);
    if (close_range(3, ~0u, 0) < 0) _exit(126);
    if (unshare(CLONE_NEWNS) < 0 || chdir(root) < 0) _exit(126);
    /* The old root on top of the new one, then gone: pivot_root(2) describes it. */
    if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0) _exit(126);
    execve(path, arguments, environment);
    _exit(errno == ENOENT ? 127 : 126);
}

int eps_spawn_in_root(const char *root, const char *path, char *const arguments[], char *const environment[], int input,
                      int output, pid_t *child) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (!pid) run_in_root(root, path, arguments, environment, input, output);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) return -error;
    *child = pid;
    return 0;
}

static int receive_word(int socket) {
    char word;
    ssize_t count;
    do count = recv(socket, &word, 1, 0);
    while (count < 0 && errno == EINTR);
    return count == 1 ? word : 0;
}

static int enter_users(int socket) {
    if (unshare(CLONE_NEWUSER) < 0) return -errno;
    if (send(socket, "m", 1, MSG_NOSIGNAL) != 1) return -errno;
    if (receive_word(socket) != 'm') return -EPERM;
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return -errno;
    return 0;
}

int eps_enter_namespaces(int socket) {
    int word = receive_word(socket);
    if (word != 'u' && word != 'r') return -EPERM;
    int entered = word == 'u' ? enter_users(socket) : 0;
    if (entered < 0) return entered;
    if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0) return -errno;
    pid_t first = fork();
    if (first < 0) return -errno;
    if (!first) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        return 0;
    }
    close(socket);
    int status = 0;
    while (waitpid(first, &status, 0) < 0 && errno == EINTR) {}
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static int write_map(pid_t pid, const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    ssize_t count = write(file, text, strlen(text));
    int error = errno;
    close(file);
    return count < 0 ? -error : 0;
}

int eps_map_all_ids(pid_t pid) {
    int status = write_map(pid, "uid_map", "0 0 4294967295");
    return status ? status : write_map(pid, "gid_map", "0 0 4294967295");
}
