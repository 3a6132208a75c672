#define _GNU_SOURCE
#include "CSystem.h"

#include <sys/ioctl.h>
#include <unistd.h>

int eps_terminal_width(int descriptor) {
    struct winsize size;
    if (!isatty(descriptor)) return 0;
    return ioctl(descriptor, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 ? 80 : size.ws_col;
}
