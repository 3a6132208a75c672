#define _GNU_SOURCE
#include "CCrypt.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

int ep_crypt_fits(const char *password, const char *hash) {
    struct crypt_data *data = calloc(1, sizeof *data);
    if (!data) return -1;
    const char *made = crypt_r(password, hash, data);
    // What begins with a star is a failure (crypt(3)).
    int answer = !made || made[0] == '*' ? -1 : strcmp(made, hash) == 0;
    free(data);
    return answer;
}
