#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum { MAXIMUM_DESCRIPTORS = 8 };

int eps_socketpair(int descriptors[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, descriptors) < 0 ? -errno : 0;
}

int eps_pipe(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC) < 0 ? -errno : 0; }

int eps_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int eps_send_timeout(int descriptor, int seconds) {
    struct timeval limit = {.tv_sec = seconds};
    return setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ? -errno : 0;
}

int eps_send(int socket, const void *data, size_t size, const int *descriptors, int count) {
    const char *next = data;
    if (count < 0 || count > MAXIMUM_DESCRIPTORS) return -EINVAL;
    while (size > 0) {
        struct iovec piece = {(void *)next, size};
        struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
        union {
            struct cmsghdr header;
            char space[CMSG_SPACE(sizeof(int) * MAXIMUM_DESCRIPTORS)];
        } control;
        if (count > 0) {
            memset(&control, 0, sizeof control);
            message.msg_control = control.space;
            message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
            struct cmsghdr *header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
            memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
        }
        ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        count = 0;
        next += sent;
        size -= (size_t)sent;
    }
    return 0;
}

ssize_t eps_receive(int socket, void *buffer, size_t size, int *descriptors, int *count) {
    int room = *count < MAXIMUM_DESCRIPTORS ? *count : MAXIMUM_DESCRIPTORS;
    struct iovec piece = {buffer, size};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * MAXIMUM_DESCRIPTORS)];
    } control;
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    ssize_t received;
    do received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    *count = 0;
    if (received < 0) return -errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int arrived = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < arrived; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + (size_t)i * sizeof(int), sizeof descriptor);
            if (*count < room) descriptors[(*count)++] = descriptor;
            else close(descriptor);
        }
    }
    return received;
}

ssize_t eps_receive_now(int socket, void *buffer, size_t size) {
    ssize_t received;
    do received = recv(socket, buffer, size, MSG_DONTWAIT);
    while (received < 0 && errno == EINTR);
    return received < 0 ? -errno : received;
}

int eps_move_socket(void) {
    int moved = fcntl(0, F_DUPFD_CLOEXEC, 3);
    if (moved < 0) return -errno;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0) return -errno;
    close(null);
    return moved;
}

int eps_hung_up(int socket, int milliseconds) {
    struct pollfd item = {.fd = socket, .events = POLLRDHUP};
    return poll(&item, 1, milliseconds) > 0 && item.revents != 0;
}

int eps_open_read(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return descriptor < 0 ? -errno : descriptor;
}

int eps_open_disk(const char *path) {
    /* Not waiting: a FIFO without a writer would hold the host up before anybody sees what it is. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
        return -errno;
    struct stat status;
    if (fstat(descriptor, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)))
        return descriptor;
    close(descriptor);
    return -EMEDIUMTYPE;
}

ssize_t eps_copy_range(int from, int to, uint64_t offset, size_t length) {
    off64_t in = (off64_t)offset, out = (off64_t)offset;
    ssize_t count = copy_file_range(from, &in, to, &out, length, 0);
    return count < 0 ? -errno : count;
}

/* Of the kernel itself: a preloaded library that gives one process another clock changes the times of stat(2) as well, and
   two processes compare this. */
int eps_identity_of(const char *path, eps_identity *identity) {
    struct statx status;
    if (syscall(SYS_statx, AT_FDCWD, path, AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, &status) < 0) return -errno;
    identity->device = ((uint64_t)status.stx_dev_major << 32) | status.stx_dev_minor;
    identity->inode = status.stx_ino;
    identity->size = status.stx_size;
    identity->modified = status.stx_mtime.tv_sec * 1000000000 + status.stx_mtime.tv_nsec;
    return 0;
}

int64_t eps_size(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) < 0) return -errno;
    if (S_ISREG(status.st_mode)) return status.st_size;
    off_t end = lseek(descriptor, 0, SEEK_END);
    return end < 0 ? -errno : end;
}

int eps_extent(int descriptor, uint64_t offset, uint64_t *length) {
    int64_t size = eps_size(descriptor);
    if (size < 0) return (int)size;
    if (offset >= (uint64_t)size) return 0;
    off_t data = lseek(descriptor, (off_t)offset, SEEK_DATA);
    if (data < 0 && errno == ENXIO) { /* nothing but a hole up to the end */
        *length = (uint64_t)size - offset;
        return 2;
    }
    if (data < 0) { /* a file system that knows no holes */
        *length = (uint64_t)size - offset;
        return 1;
    }
    if ((uint64_t)data > offset) {
        *length = (uint64_t)data - offset;
        return 2;
    }
    off_t hole = lseek(descriptor, (off_t)offset, SEEK_HOLE);
    *length = (hole < 0 || hole > size ? (uint64_t)size : (uint64_t)hole) - offset;
    return 1;
}

int eps_clear(int descriptor, uint64_t offset, uint64_t length) {
    int status;
    do status = fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)length);
    while (status < 0 && errno == EINTR);
    if (status == 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return status < 0 ? -errno : 0;
    static const char zeros[64 << 10];
    char bytes[sizeof zeros];
    while (length) {
        size_t part = length < sizeof bytes ? (size_t)length : sizeof bytes;
        ssize_t count = pread(descriptor, bytes, part, (off_t)offset);
        if (count > 0 && memcmp(bytes, zeros, (size_t)count)) count = pwrite(descriptor, zeros, (size_t)count, (off_t)offset);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return count < 0 ? -errno : -EIO;
        offset += (uint64_t)count;
        length -= (uint64_t)count;
    }
    return 0;
}
