/* seccomp: https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
 * Landlock: https://www.kernel.org/doc/html/latest/userspace-api/landlock.html
 * The Landlock numbers are spelled out, since a distribution's headers are often older than the kernel that it runs. */
#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define EPS_ARCH AUDIT_ARCH_X86_64
#define EPS_RESULT(context) (context)->uc_mcontext.gregs[REG_RAX]
#elif defined(__aarch64__)
#define EPS_ARCH AUDIT_ARCH_AARCH64
#define EPS_RESULT(context) (context)->uc_mcontext.regs[0]
#elif defined(__riscv) && __riscv_xlen == 64
#define EPS_ARCH AUDIT_ARCH_RISCV64
#define EPS_RESULT(context) (context)->uc_mcontext.__gregs[REG_A0]
#elif defined(__loongarch64)
#ifndef AUDIT_ARCH_LOONGARCH64
#define AUDIT_ARCH_LOONGARCH64 (258 | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)
#endif
#define EPS_ARCH AUDIT_ARCH_LOONGARCH64
#define EPS_RESULT(context) (context)->uc_mcontext.__gregs[4]
#endif

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static const struct {
    int number;
    const char *name;
} refused[] = {
    {SYS_execve, "execve"},
    {SYS_execveat, "execveat"},
#ifdef SYS_fork
    {SYS_fork, "fork"},
    {SYS_vfork, "vfork"},
#endif
    {SYS_ptrace, "ptrace"},
    {SYS_process_vm_readv, "process_vm_readv"},
    {SYS_process_vm_writev, "process_vm_writev"},
    {SYS_pidfd_getfd, "pidfd_getfd"},
    {SYS_unshare, "unshare"},
    {SYS_setns, "setns"},
    {425, "io_uring_setup"}, /* the same numbers on every architecture */
    {426, "io_uring_enter"},
    {427, "io_uring_register"},
};
enum { REFUSED = sizeof refused / sizeof refused[0] };

static uint32_t refusals;
static int last_refused = -1;

uint32_t eps_refusals(void) { return __atomic_load_n(&refusals, __ATOMIC_ACQUIRE); }

const char *eps_last_refusal(void) {
    int number = __atomic_load_n(&last_refused, __ATOMIC_ACQUIRE);
    for (int i = 0; i < REFUSED; i++)
        if (refused[i].number == number) return refused[i].name;
    return number == SYS_clone ? "fork" : number == SYS_socket ? "socket" : "";
}

#ifdef EPS_ARCH
/* A trap instead of an errno, so that the refusal can be counted and named; the caller sees EPERM all the same. */
static void trapped(int signal, siginfo_t *info, void *context) {
    (void)signal;
    __atomic_store_n(&last_refused, info->si_syscall, __ATOMIC_RELEASE);
    __atomic_add_fetch(&refusals, 1, __ATOMIC_ACQ_REL);
    EPS_RESULT((ucontext_t *)context) = -EPERM;
}
#endif

int eps_seccomp_available(void) {
#ifdef EPS_ARCH
    return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
#else
    return 0;
#endif
}

int eps_seccomp(int refuse_sockets) {
#ifdef EPS_ARCH
    struct sock_filter filter[REFUSED * 2 + 16];
    unsigned short length = 0;
#define ADD(...) filter[length++] = (struct sock_filter)__VA_ARGS__
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, (skip))
    ADD(LOAD(arch));
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, EPS_ARCH, 1, 0));
    ADD(RETURN(SECCOMP_RET_ERRNO | EPERM)); /* the other ABI of this processor would pass by the numbers below */
    ADD(LOAD(nr));
#ifdef __x86_64__
    ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1)); /* x32 */
    ADD(RETURN(SECCOMP_RET_ERRNO | EPERM));
#endif
    for (int i = 0; i < REFUSED; i++) {
        ADD(UNLESS(refused[i].number, 1));
        ADD(RETURN(SECCOMP_RET_TRAP));
    }
    if (refuse_sockets) {
        ADD(UNLESS(SYS_socket, 1));
        ADD(RETURN(SECCOMP_RET_TRAP));
    }
    ADD(UNLESS(SYS_clone3, 1)); /* its flags lie in memory that a filter cannot read: libc falls back to clone */
    ADD(RETURN(SECCOMP_RET_ERRNO | ENOSYS));
    ADD(UNLESS(SYS_clone, 3));
    ADD(LOAD(args[0]));
    ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
    ADD(RETURN(SECCOMP_RET_TRAP));
    ADD(RETURN(SECCOMP_RET_ALLOW));
    struct sock_fprog program = {length, filter};
    struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGSYS, &action, NULL) < 0) return -errno;
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    return result < 0 ? -errno : result > 0 ? -EAGAIN : 0;
#else
    (void)refuse_sockets;
    return -ENOSYS;
#endif
}

int eps_ignore_syncs(void) {
#ifdef EPS_ARCH
    static const int numbers[] = {SYS_fsync, SYS_fdatasync, SYS_msync, SYS_sync, SYS_syncfs, SYS_sync_file_range};
    enum { NUMBERS = sizeof numbers / sizeof numbers[0] };
    struct sock_filter filter[NUMBERS * 2 + 8];
    unsigned short length = 0;
    ADD(LOAD(arch));
    ADD(UNLESS(EPS_ARCH, NUMBERS * 2 + 1)); /* of the other ABI of this processor they are slower, and nothing else */
    ADD(LOAD(nr));
    for (int i = 0; i < NUMBERS; i++) {
        ADD(UNLESS(numbers[i], 1));
        ADD(RETURN(SECCOMP_RET_ERRNO | 0));
    }
    ADD(RETURN(SECCOMP_RET_ALLOW));
    struct sock_fprog program = {length, filter};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
#else
    return -ENOSYS;
#endif
}

enum {
    LL_CREATE = 444,
    LL_ADD = 445,
    LL_RESTRICT = 446,
    LL_READ_FILE = 1 << 2,
    LL_READ = LL_READ_FILE | (1 << 3),
    LL_FILE = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 14) | (1 << 15), /* what a rule on a file may grant */
};

struct ll_ruleset {
    uint64_t files, network, scoped;
};
struct ll_path {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));
struct ll_port {
    uint64_t allowed, port;
};

int eps_landlock_abi(void) {
    long abi = syscall(LL_CREATE, NULL, 0, 1);
    return abi < 0 ? 0 : (int)abi;
}

/* Execute .. make_sym are of ABI 1, refer of 2, truncate of 3; ioctl on devices of 5. */
static uint64_t file_rights(int abi) {
    return ((1u << 13) - 1) | (abi >= 2 ? 1u << 13 : 0) | (abi >= 3 ? 1u << 14 : 0) | (abi >= 5 ? 1u << 15 : 0);
}

int eps_landlock_begin(int abi, int any_port) {
    /* Bind and connect; with any port to connect to, bind alone. */
    uint64_t network = abi < 4 ? 0 : any_port ? 1 : 3;
    struct ll_ruleset ruleset = {.files = file_rights(abi), .network = network, .scoped = abi >= 6 ? 3 : 0};
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    long descriptor = syscall(LL_CREATE, &ruleset, size, 0);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int eps_landlock_path(int ruleset, int abi, const char *path, int access) {
    struct stat status;
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    struct ll_path rule = {.allowed = access == 1 ? file_rights(abi) & ~1u : access == 2 ? LL_READ_FILE : LL_READ, .parent = descriptor};
    if (fstat(descriptor, &status) == 0 && !S_ISDIR(status.st_mode)) rule.allowed &= LL_FILE;
    long result = syscall(LL_ADD, ruleset, 1, &rule, 0);
    int error = errno;
    close(descriptor);
    return result < 0 ? -error : 0;
}

int eps_landlock_port(int ruleset, uint16_t port) {
    struct ll_port rule = {.allowed = 2, .port = port}; /* connect; nothing may be bound */
    return syscall(LL_ADD, ruleset, 2, &rule, 0) < 0 ? -errno : 0;
}

int eps_landlock_enforce(int ruleset) {
    long result = syscall(LL_RESTRICT, ruleset, 0);
    int error = errno;
    close(ruleset);
    return result < 0 ? -error : 0;
}
